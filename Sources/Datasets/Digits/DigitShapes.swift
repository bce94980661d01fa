/// One way of writing a digit: strokes through points, and how often it is chosen.
struct DigitShape: Sendable {
  /// How often this way is chosen, relative to the others of the same digit.
  let weight: Double

  /// Each stroke as x, y, x, y, … of the points its curve passes through, in a box whose height is 1 and whose width is
  /// about 0.7; y points down. A point given twice in a row is a corner.
  let strokes: [[Double]]
}

extension DigitShape {
  /// The ways of writing each digit, drawn after common European and American school hands.
  static let all: [[DigitShape]] = [zeros, ones, twos, threes, fours, fives, sixes, sevens, eights, nines]

  private static let zeros: [DigitShape] = [
    // Counter-clockwise from the top, closed with a small overlap.
    DigitShape(
      weight: 5,
      strokes: [[0.40, 0, 0.16, 0.12, 0.02, 0.48, 0.1, 0.84, 0.34, 1, 0.58, 0.84, 0.67, 0.48, 0.56, 0.14, 0.34, 0.01]]),
    // Begun inside on the right, with a hook.
    DigitShape(
      weight: 2,
      strokes: [
        [
          0.5, 0.1, 0.3, 0, 0.09, 0.22, 0.02, 0.55, 0.14, 0.9, 0.38, 0.98, 0.61, 0.76, 0.66, 0.4, 0.52, 0.08, 0.38,
          0.05, 0.3, 0.14,
        ]
      ]),
    // Clockwise, wide.
    DigitShape(
      weight: 2,
      strokes: [
        [
          0.2, 0.12, 0.5, 0.01, 0.76, 0.2, 0.82, 0.52, 0.68, 0.88, 0.38, 1, 0.1, 0.82, 0.03, 0.46, 0.16, 0.14, 0.36,
          0.03,
        ]
      ]),
  ]

  private static let ones: [DigitShape] = [
    DigitShape(weight: 14, strokes: [[0.16, 0, 0.15, 0.34, 0.15, 0.67, 0.14, 1]]),
    // A slight bow, as a quick stroke has.
    DigitShape(weight: 4, strokes: [[0.2, 0, 0.16, 0.3, 0.14, 0.65, 0.18, 1]]),
    // With an upstroke.
    DigitShape(weight: 3, strokes: [[0.04, 0.2, 0.16, 0.1, 0.26, 0, 0.26, 0, 0.26, 0.5, 0.25, 1]]),
    // With an upstroke and a base.
    DigitShape(
      weight: 1.5,
      strokes: [[0.08, 0.2, 0.2, 0.11, 0.31, 0, 0.31, 0, 0.31, 0.5, 0.3, 0.98], [0.04, 0.99, 0.3, 0.98, 0.57, 0.98]]),
  ]

  private static let twos: [DigitShape] = [
    // A sharp turn at the lower left, then a flat base.
    DigitShape(
      weight: 4,
      strokes: [
        [
          0.05, 0.2, 0.2, 0.04, 0.42, 0.01, 0.58, 0.16, 0.53, 0.4, 0.32, 0.68, 0.05, 0.96, 0.05, 0.96, 0.35, 0.95, 0.7,
          0.95,
        ]
      ]),
    // A loop at the lower left.
    DigitShape(
      weight: 4,
      strokes: [
        [
          0.07, 0.18, 0.22, 0.03, 0.44, 0.03, 0.56, 0.2, 0.49, 0.46, 0.32, 0.72, 0.14, 0.92, 0.03, 0.9, 0.08, 0.76,
          0.26, 0.78,
          0.46, 0.93, 0.72, 0.92,
        ]
      ]),
    // A wave as base.
    DigitShape(
      weight: 2,
      strokes: [
        [
          0.02, 0.28, 0.14, 0.06, 0.38, 0, 0.55, 0.2, 0.45, 0.5, 0.22, 0.78, 0.04, 0.95, 0.04, 0.95, 0.22, 0.87, 0.44,
          0.95, 0.68, 0.88,
        ]
      ]),
  ]

  private static let threes: [DigitShape] = [
    // Two bows that meet in a point.
    DigitShape(
      weight: 5,
      strokes: [
        [
          0.07, 0.12, 0.28, 0, 0.53, 0.1, 0.5, 0.32, 0.24, 0.46, 0.24, 0.46, 0.53, 0.56, 0.6, 0.78, 0.4, 0.97, 0.17,
          0.98, 0.02, 0.86,
        ]
      ]),
    // Two bows with a small loop between them.
    DigitShape(
      weight: 2,
      strokes: [
        [
          0.08, 0.1, 0.32, 0, 0.54, 0.14, 0.45, 0.37, 0.24, 0.47, 0.22, 0.53, 0.32, 0.49, 0.54, 0.6, 0.56, 0.84, 0.34,
          0.99, 0.04, 0.92,
        ]
      ]),
    // A flat top.
    DigitShape(
      weight: 1.5,
      strokes: [
        [
          0.06, 0.04, 0.3, 0.03, 0.55, 0.02, 0.55, 0.02, 0.26, 0.42, 0.26, 0.42, 0.52, 0.5, 0.6, 0.74, 0.42, 0.96, 0.16,
          0.99, 0.02, 0.9,
        ]
      ]),
  ]

  private static let fours: [DigitShape] = [
    // Open, with a rounded or sharp corner.
    DigitShape(
      weight: 4,
      strokes: [
        [0.11, 0.04, 0.07, 0.26, 0.06, 0.5, 0.06, 0.5, 0.34, 0.53, 0.66, 0.48], [0.55, 0, 0.53, 0.48, 0.48, 1],
      ]),
    DigitShape(
      weight: 3,
      strokes: [[0.14, 0.06, 0.05, 0.3, 0.1, 0.5, 0.32, 0.52, 0.52, 0.4], [0.58, 0.02, 0.55, 0.5, 0.53, 1]]),
    // In one go: the bow runs up into the downstroke.
    DigitShape(
      weight: 2,
      strokes: [[0.13, 0.05, 0.06, 0.27, 0.09, 0.5, 0.3, 0.5, 0.5, 0.3, 0.6, 0.03, 0.6, 0.03, 0.54, 0.5, 0.48, 1]]),
    // Closed, with a diagonal.
    DigitShape(
      weight: 2,
      strokes: [
        [0.48, 0.02, 0.26, 0.34, 0.03, 0.62, 0.03, 0.62, 0.34, 0.63, 0.7, 0.61], [0.49, 0.02, 0.48, 0.5, 0.46, 1],
      ]),
  ]

  private static let fives: [DigitShape] = [
    // Body first, then the bar.
    DigitShape(
      weight: 4,
      strokes: [
        [0.17, 0.04, 0.14, 0.22, 0.11, 0.42, 0.11, 0.42, 0.34, 0.37, 0.56, 0.52, 0.57, 0.78, 0.36, 0.97, 0.04, 0.94],
        [0.17, 0.04, 0.42, 0.03, 0.68, 0],
      ]),
    // In one go from the right end of the bar.
    DigitShape(
      weight: 3,
      strokes: [
        [
          0.62, 0.02, 0.4, 0.04, 0.2, 0.05, 0.2, 0.05, 0.15, 0.25, 0.12, 0.43, 0.12, 0.43, 0.36, 0.42, 0.55, 0.58, 0.52,
          0.83, 0.3, 0.99, 0.02, 0.91,
        ]
      ]),
    // Almost an S.
    DigitShape(
      weight: 2,
      strokes: [
        [
          0.66, 0.01, 0.4, 0.03, 0.23, 0.09, 0.17, 0.28, 0.27, 0.42, 0.46, 0.54, 0.53, 0.74, 0.38, 0.94, 0.18, 0.98,
          0.02, 0.88,
        ]
      ]),
  ]

  private static let sixes: [DigitShape] = [
    DigitShape(
      weight: 4,
      strokes: [
        [
          0.46, 0, 0.24, 0.2, 0.07, 0.5, 0.06, 0.8, 0.25, 0.99, 0.48, 0.9, 0.54, 0.7, 0.38, 0.57, 0.19, 0.63, 0.06,
          0.76,
        ]
      ]),
    // A straight back and a small bowl.
    DigitShape(
      weight: 3,
      strokes: [
        [
          0.34, 0, 0.18, 0.26, 0.07, 0.54, 0.05, 0.82, 0.2, 0.98, 0.42, 0.94, 0.48, 0.76, 0.32, 0.64, 0.13, 0.7, 0.05,
          0.8,
        ]
      ]),
    // A wide bow.
    DigitShape(
      weight: 2,
      strokes: [
        [
          0.47, 0, 0.26, 0.18, 0.09, 0.44, 0.03, 0.7, 0.16, 0.94, 0.42, 0.98, 0.6, 0.8, 0.52, 0.59, 0.3, 0.55, 0.11,
          0.65, 0.03, 0.77,
        ]
      ]),
  ]

  private static let sevens: [DigitShape] = [
    DigitShape(weight: 6, strokes: [[0.03, 0.07, 0.3, 0.06, 0.61, 0.03, 0.61, 0.03, 0.44, 0.46, 0.3, 1]]),
    // A round shoulder.
    DigitShape(weight: 3, strokes: [[0.02, 0.12, 0.26, 0.05, 0.52, 0.04, 0.56, 0.18, 0.43, 0.52, 0.32, 1]]),
    // With a serif.
    DigitShape(
      weight: 2,
      strokes: [[0.04, 0.24, 0.06, 0.06, 0.06, 0.06, 0.34, 0.07, 0.62, 0.04, 0.62, 0.04, 0.46, 0.44, 0.34, 1]]),
    // With a bar.
    DigitShape(
      weight: 2,
      strokes: [
        [0.04, 0.06, 0.34, 0.06, 0.64, 0.04, 0.64, 0.04, 0.44, 0.46, 0.28, 1], [0.18, 0.51, 0.4, 0.49, 0.64, 0.47],
      ]),
  ]

  private static let eights: [DigitShape] = [
    // An S, then back up.
    DigitShape(
      weight: 5,
      strokes: [
        [
          0.55, 0.13, 0.36, 0, 0.14, 0.08, 0.13, 0.28, 0.33, 0.47, 0.51, 0.67, 0.47, 0.91, 0.25, 1, 0.08, 0.86, 0.13,
          0.65,
          0.35, 0.45, 0.54, 0.27, 0.53, 0.1,
        ]
      ]),
    // The other way round, begun in the middle.
    DigitShape(
      weight: 3,
      strokes: [
        [
          0.3, 0.46, 0.13, 0.3, 0.17, 0.08, 0.4, 0.01, 0.55, 0.18, 0.42, 0.4, 0.18, 0.6, 0.08, 0.82, 0.26, 0.99, 0.5,
          0.88,
          0.49, 0.65, 0.28, 0.44,
        ]
      ]),
    // Two circles.
    DigitShape(
      weight: 1.5,
      strokes: [
        [0.32, 0.47, 0.14, 0.38, 0.13, 0.13, 0.33, 0, 0.51, 0.14, 0.49, 0.37, 0.3, 0.48],
        [0.3, 0.47, 0.09, 0.62, 0.09, 0.88, 0.32, 1, 0.56, 0.87, 0.54, 0.6, 0.33, 0.47],
      ]),
  ]

  private static let nines: [DigitShape] = [
    // A straight tail.
    DigitShape(
      weight: 4,
      strokes: [
        [0.53, 0.13, 0.34, 0, 0.11, 0.12, 0.05, 0.35, 0.22, 0.48, 0.45, 0.36, 0.55, 0.1, 0.55, 0.1, 0.52, 0.5, 0.46, 1]
      ]),
    // A tail that leans to the left.
    DigitShape(
      weight: 3,
      strokes: [
        [0.5, 0.1, 0.28, 0.01, 0.08, 0.18, 0.1, 0.4, 0.32, 0.43, 0.5, 0.22, 0.56, 0.06, 0.5, 0.36, 0.38, 0.7, 0.27, 1]
      ]),
    // A curved tail.
    DigitShape(
      weight: 2.5,
      strokes: [
        [
          0.52, 0.12, 0.33, 0, 0.1, 0.13, 0.07, 0.36, 0.25, 0.47, 0.46, 0.34, 0.54, 0.12, 0.54, 0.12, 0.55, 0.45, 0.49,
          0.8,
          0.27, 0.99, 0.06, 0.9,
        ]
      ]),
    // A loop that runs on into the tail.
    DigitShape(
      weight: 2,
      strokes: [
        [
          0.42, 0.06, 0.18, 0.06, 0.06, 0.26, 0.18, 0.45, 0.4, 0.38, 0.5, 0.18, 0.38, 0.02, 0.5, 0.2, 0.54, 0.55, 0.54,
          1,
        ]
      ]),
  ]
}
