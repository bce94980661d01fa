import Dispatch
import Foundation
import Testing

/// An example as its users run it: the program that was built beside the tests.
struct Program: Sendable, CustomTestStringConvertible {
  static let trainVAE = Program(name: "train-vae")
  static let trainDCGAN = Program(name: "train-dcgan")
  static let trainGAN = Program(name: "train-gan")
  static let trainWGANGP = Program(name: "train-wgan-gp")
  static let generate = Program(name: "generate")

  /// All of them: each folder in Examples that has a `main.swift`. Package.swift has a list too, of what is built.
  static let all: [Program] = {
    let examples = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Examples").standardized
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: examples.path)) ?? []
    return folders.sorted().map(Program.init).filter {
      FileManager.default.fileExists(atPath: examples.appendingPathComponent("\($0.name)/main.swift").path)
    }
  }()

  let name: String

  var testDescription: String { name }

  /// What a run of a program left behind.
  struct Result {
    let exitCode: Int32
    let output: String
    let errors: String
  }

  /// Runs the program with standard input at its end, and waits for it.
  ///
  /// Its output goes to files, not to pipes: a pipe stays open for as long as any program started meanwhile lives.
  /// They are closed here, because a `Process` may outlive this and Foundation on Linux starts no program safely from a
  /// process with more than a thousand open files.
  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
    let folder = try TemporaryFolder()
    let (outputPath, errorPath) = (try folder.add("output", []), try folder.add("errors", []))
    let process = Process()
    process.executableURL = Self.builtPrograms.appendingPathComponent(name)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "LATENT_THREADS" }
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let output: FileHandle = try #require(FileHandle(forWritingAtPath: outputPath))
    let errors: FileHandle = try #require(FileHandle(forWritingAtPath: errorPath))
    defer { for file in [output, errors] { try? file.close() } }
    process.standardOutput = output
    process.standardError = errors
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    ended.wait()
    return Result(
      exitCode: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: try folder.contents("output"), as: UTF8.self),
      errors: String(decoding: try folder.contents("errors"), as: UTF8.self))
  }

  /// Runs the program and expects it to end well.
  @discardableResult
  func succeed(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> Result {
    let result = try run(arguments)
    #expect(result.exitCode == 0, "\(arguments) \(result.errors)", sourceLocation: sourceLocation)
    #expect(result.errors.isEmpty, sourceLocation: sourceLocation)
    return result
  }

  /// Runs the program and expects it to print nothing but one line to standard error that starts with its name and
  /// contains all of `texts`.
  func fail(
    _ arguments: [String], exitCode: Int32, _ texts: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try run(arguments)
    #expect(result.exitCode == exitCode, "\(arguments) \(result.errors)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.errors.hasPrefix(name + ": ") && result.errors.hasSuffix("\n"), sourceLocation: sourceLocation)
    #expect(result.errors.filter(\.isNewline).count == 1, "\(result.errors)", sourceLocation: sourceLocation)
    for text in texts {
      #expect(result.errors.contains(text), "\(result.errors)", sourceLocation: sourceLocation)
    }
  }

  /// The folder that the bundle of tests was built into.
  private static let builtPrograms: URL = {
    #if os(macOS)
      if let tests = Bundle.allBundles.first(where: { $0.bundlePath.hasSuffix(".xctest") }) {
        return tests.bundleURL.deletingLastPathComponent()
      }
    #endif
    return Bundle.main.bundleURL
  }()
}

/// A new folder, removed with this object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("latent-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in the folder.
  func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file, in folders that are made for it, and returns its path.
  @discardableResult
  func add(_ name: String, _ bytes: [UInt8]) throws -> String {
    let url = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// The bytes of a file in the folder.
  func contents(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path(name)))) }

  /// The bytes of every file in the folder and below, by path in it.
  func snapshot() throws -> [String: [UInt8]] {
    let names = try #require(FileManager.default.enumerator(atPath: path)).compactMap { $0 as? String }
    return try names.reduce(into: [:]) { snapshot, name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: self.path(name), isDirectory: &isFolder)
      if !isFolder.boolValue { snapshot[name] = try contents(name) }
    }
  }
}
