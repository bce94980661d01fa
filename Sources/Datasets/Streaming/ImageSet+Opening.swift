import LatentFormats
import LatentSystem

extension ImageSet {
  /// The memory that images may take if nothing else is said: a quarter of that of the machine, or of what its container
  /// is allowed.
  public static var usualMemory: Int { max(64 << 20, Machine.memory / 4) }

  /// Reads images as ``load(_:split:limit:preparation:maximumSize:)`` does, or, where they would take too much memory,
  /// leaves them on the disk.
  ///
  /// All images are read once even then: what is damaged or has another size is found before the work begins, and a
  /// training can tell them from others. Compressed IDX files and `.npz` archives cannot be streamed.
  ///
  /// - Parameters:
  ///   - path: the folder or file.
  ///   - split: which part.
  ///   - limit: takes only the first images; nil for all.
  ///   - preparation: the size and the colours that images get, and how files of several meanings are read.
  ///   - memory: the most bytes that the images may take.
  ///   - onProgress: called with the number of images that were read of those that are streamed, and of all of these.
  /// - Throws: ``FileError``, as ``load(_:split:limit:preparation:maximumSize:)``, and for files that are too large and
  ///   cannot be streamed.
  /// - Precondition: `limit` is at least 1, `memory` is positive.
  public static func open(
    _ path: String, split: Split = .train, limit: Int? = nil, preparation: ImagePreparation = ImagePreparation(),
    memory: Int = usualMemory, onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> any ImageCollection {
    require(memory > 0 && limit ?? 1 > 0, "ImageSet.open: \(memory) bytes of memory, a limit of \(limit ?? 0)")
    guard let (store, known) = try stored(path, split, limit, preparation), try store.memory > memory else {
      do {
        return try load(path, split: split, limit: limit, preparation: preparation, maximumSize: memory)
      } catch var error as FileError where error.expected == IDXFile.sizeExpected(memory) {
        error.found += "; what gunzip makes of it need not fit into memory"
        throw error
      }
    }
    if let array = store as? ArrayStore { try array.checkOrder() }
    return try StreamedImages(store, known()) { onProgress($0, store.count) }
  }

  private typealias Stored = (store: any ImageStore, known: () throws -> StreamedImages.Description)

  /// The images that can be read one by one, and what else is known of them; nil if there are none.
  private static func stored(
    _ path: String, _ split: Split, _ limit: Int?, _ preparation: ImagePreparation
  ) throws -> Stored? {
    guard let part = ImageFolder.part(split, of: path) else {
      return try stored(path, split, limit, preparation, like: nil)
    }
    return try stored(part.path, .train, limit, preparation, like: part.train.map { try ImageFolder($0) })
  }

  /// - Parameter train: the folder of the training images, if those at `path` are the test images beside it.
  private static func stored(
    _ path: String, _ split: Split, _ limit: Int?, _ preparation: ImagePreparation, like train: ImageFolder?
  ) throws -> Stored? {
    guard AtomicFile.kind(of: path).isFolder else {
      guard split == .train, AtomicFile.kind(of: path).exists else { return nil }
      return try ArrayStore(path, limit: limit, preparation).map {
        ($0, { StreamedImages.Description(missingConditions: noLabelsOfAFile) })
      }
    }
    if let images = try PublishedFiles.find(path, split, .images) {
      return try ArrayStore(images, limit: limit, preparation).map { store in
        (store, { try description(of: store, split, path) })
      }
    }
    if let folder = CIFARFolder(path), folder.has(split) {
      let store = try CIFARStore(folder, split, limit: limit, preparation)
      return (
        store,
        {
          StreamedImages.Description(
            labels: store.labels, classCount: folder.classCount, classNames: folder.classNames)
        }
      )
    }
    guard split == .train else { return nil }
    let folder = try ImageFolder(path, like: train)
    guard !folder.names.isEmpty else { return nil }
    let store = FolderStore(folder, limit: limit, preparation)
    return (
      store,
      {
        StreamedImages.Description(
          labels: folder.labels.map { Array($0.prefix(store.count)) },
          classCount: folder.classNames?.count ?? classCount(folder.labels), classNames: folder.classNames,
          missingConditions: folder.labels == nil ? noLabelsOfPictures(path) : nil,
          leftOutCount: folder.leftOutCount,
          fileNames: Array(folder.names.prefix(store.count)))
      }
    )
  }

  /// The labels beside images in an IDX file.
  private static func description(
    of store: ArrayStore, _ split: Split, _ folder: String
  ) throws -> StreamedImages.Description {
    guard let path = try PublishedFiles.find(folder, split, .labels) else {
      return StreamedImages.Description(missingConditions: noLabels(split, folder))
    }
    let labels = try labels(path, 1 << 30)
    guard labels.count == store.fullCount else {
      throw FileError(path: path, expected: counted(store.fullCount, "label"), found: "\(labels.count)")
    }
    if let index = labels.firstIndex(where: { $0 < 0 }) {
      throw FileError(path: path, expected: "labels from 0 on", found: "\(labels[index]) as label \(index)")
    }
    return StreamedImages.Description(
      labels: Array(labels.prefix(store.count)), classCount: classCount(labels))
  }
}
