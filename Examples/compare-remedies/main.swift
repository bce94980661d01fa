// Tells which modes of a mixture in the plane small GANs find, with one remedy each.

import Latent
import LatentExampleSupport

/// Where the modes lie.
enum Place: String, CaseIterable {
  case ring
  case grid

  var mixture: GaussianMixture { self == .ring ? .ring() : .grid() }
}

var options = Options(
  "compare-remedies",
  summary: "Trains small GANs on points in the plane, with one remedy each, and tells which modes they find.")
let place = options.choice(
  "modes", default: Place.ring, placeholder: "NAME", help: "8 modes on a ring, or 25 on a grid")
let steps = options.integer(
  "steps", default: 5_000, range: 1...1_000_000, placeholder: "N", help: "updates of each generator")
let seeds = options.integer(
  "seeds", default: 5, range: 1...1_000, placeholder: "N", help: "trainings for each remedy, of the seeds 1 to N")
let names = options.string(
  "remedies", placeholder: "LIST", help: "these only, separated by commas; all if not given")
let width = options.integer(
  "width", default: 128, range: 1...65_536, placeholder: "N", help: "units of each hidden layer")
let discriminatorLayers = options.integer(
  "discriminator-layers", default: 1, range: 1...2, placeholder: "N",
  help: "hidden layers of the discriminator; the generator has two")
let batchSize = options.integer(
  "batch-size", default: 64, range: 8...65_536, placeholder: "N", help: "points in a batch, a multiple of 8")
let learningRate = options.number(
  "learning-rate", default: 1e-3 as Float, range: 1e-30...1e+38, placeholder: "X", help: "Adam's step size")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the table and errors")
let arguments = options.parseOrExit()

/// The remedies that are asked for, in their order.
func chosen() throws -> [Remedy] {
  let all = Remedy.all(steps: arguments[steps])
  guard let list = arguments[names] else { return all }
  return try list.split(separator: ",", omittingEmptySubsequences: false).map { name in
    guard let remedy = all.first(where: { $0.name == name }) else {
      throw UsageError("--remedies: expected some of \(all.map(\.name).joined(separator: ",")), found \"\(name)\"")
    }
    return remedy
  }
}

do {
  if let count = arguments[threads] { Threads.count = count }
  guard arguments[batchSize] % 8 == 0 else {
    throw UsageError("--batch-size: expected a multiple of 8, found \(arguments[batchSize])")
  }
  let remedies = try chosen()
  let mixture = arguments[place].mixture
  let training = PlaneTraining(
    mixture: mixture, steps: arguments[steps], width: arguments[width],
    discriminatorLayers: arguments[discriminatorLayers], batchSize: arguments[batchSize],
    learningRate: arguments[learningRate])
  var table = Table(columns: ["modes of \(mixture.centres.shape[0])", "near a mode, %"])
  var progress = CountProgress(total: remedies.count * arguments[seeds], unit: "trainings", isQuiet: arguments[isQuiet])
  for remedy in remedies {
    var coverages: [ModeCoverage] = []
    for seed in 1...arguments[seeds] {
      coverages.append(try training.coverage(with: remedy, seed: UInt64(seed)))
      progress.add(1)
    }
    table.add(
      remedy.name, spreads: [coverages.map { Double($0.modesHit) }, coverages.map { 100 * $0.highQualityShare }],
      decimals: 1)
  }
  progress.finish()
  tell(table: table.text)
} catch {
  fail(error, program: options.program)
}
