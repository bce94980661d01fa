import Latent

/// What a model learns from or is looked at with, and what there is to say of it.
public struct LearningData {
  /// The images by what they are to the model.
  public var data: TrainingData
  /// What is odd about them, in lines.
  public var remarks: [String]
  /// Where the streams come from that are not made of the images of `--data`, for messages.
  public var sources: [String: String]

  /// Data of which there is nothing to say unless something is given.
  public init(_ data: TrainingData, remarks: [String] = [], sources: [String: String] = [:]) {
    (self.data, self.remarks, self.sources) = (data, remarks, sources)
  }

  /// Numbers the classes of the images of `stream` as those of `other`, by their names. Where some have no counterpart there,
  /// or are not called alike, the images lose their labels.
  ///
  /// - Parameter figure: what cannot be said then, for the remark.
  public mutating func matchClasses(of stream: String, to other: String, orLose figure: String) {
    guard let images = data[stream] as? any ImageCollection, let others = data[other] as? any ImageCollection,
      let labels = images.labels
    else { return }
    var streams = data.streams
    if let matched = images.numberingClasses(as: others) {
      streams[stream] = matched
    } else {
      let known = Set((0..<(others.classCount ?? 0)).map { others.className($0) })
      let strange = Set(labels).sorted().map { images.className($0) }.filter { !known.contains($0) }
      streams[stream] = images.labeled(nil, classCount: nil, classNames: nil)
      let some = strange.prefix(5).joined(separator: ", ") + (strange.count > 5 ? ", …" : "")
      remarks.append("no \(figure): the images of --data have no class called \(some)")
    }
    data = TrainingData(streams: streams)
  }
}
