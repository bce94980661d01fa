// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// Debug builds run numeric code at full speed, so that `swift test` and a user's debug app are usable.
let optimized: [SwiftSetting] = [
  .unsafeFlags(
    ["-O", "-wmo", "-num-threads", "2", "-disable-batch-mode"], .when(configuration: .debug))
]

/// Lets the compiler use the square-root instruction on vectors: no `errno` is wanted.
let kernelSettings: [SwiftSetting] = optimized + [.unsafeFlags(["-Xcc", "-fno-math-errno"])]

/// Compiles a copy of the kernels for processors with `features`, and defines `define` there.
/// On other architectures the features are ignored, and the copy is never chosen.
func kernels(for features: [String], define: String) -> [SwiftSetting] {
  let flags = features.flatMap { ["-Xcc", "-Xclang", "-Xcc", "-target-feature", "-Xcc", "-Xclang", "-Xcc", "+\($0)"] }
  return kernelSettings + [.define(define), .unsafeFlags(flags)]
}

let avx2 = ["avx2", "fma"]
let avx512 = avx2 + ["avx512f", "avx512bw", "avx512dq", "avx512vl"]

let package = Package(
  name: "latent",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Latent", targets: ["Latent", "Tensor", "Layers", "Datasets", "Training", "Models", "Evaluation"])
  ],
  targets: [
    .target(name: "Kernels", swiftSettings: kernelSettings),
    .target(name: "KernelsAVX2", swiftSettings: kernels(for: avx2, define: "LATENT_AVX2")),
    .target(name: "KernelsAVX512", swiftSettings: kernels(for: avx512, define: "LATENT_AVX512")),
    // What needs no tensor: the operating system, and the formats of files.
    .target(name: "LatentSystem", swiftSettings: optimized),
    .target(name: "LatentFormats", dependencies: ["LatentSystem"], swiftSettings: optimized),
    .target(
      name: "Tensor", dependencies: ["LatentSystem", "Kernels", "KernelsAVX2", "KernelsAVX512"],
      swiftSettings: optimized),
    .target(name: "Layers", dependencies: ["Tensor", "LatentFormats"], swiftSettings: optimized),
    .target(name: "Datasets", dependencies: ["Tensor", "LatentFormats"], swiftSettings: optimized),
    .target(name: "Training", dependencies: ["Layers", "Datasets"], swiftSettings: optimized),
    .target(name: "Models", dependencies: ["Training", "Layers", "Datasets"], swiftSettings: optimized),
    .target(name: "Evaluation", dependencies: ["Training", "Layers", "Datasets"], swiftSettings: optimized),
    .target(
      name: "Latent", dependencies: ["Tensor", "Layers", "Datasets", "Training", "Models", "Evaluation"],
      swiftSettings: optimized),
    // Compiled without `optimized`, so that a debug build of the benchmarks knows that it is one.
    .target(name: "LatentBenchmarkHarness", dependencies: ["LatentSystem"], path: "Benchmarks/Harness"),
    .executableTarget(
      name: "LatentBenchmarks", dependencies: ["LatentBenchmarkHarness", "Latent", "LatentSystem"],
      path: "Benchmarks/Suites"),
    .target(name: "LatentExampleSupport", dependencies: ["Latent", "LatentSystem"], path: "Examples/Support"),
    .testTarget(
      name: "LatentKernelsTests", dependencies: ["Tensor"], path: "Tests/KernelsTests", swiftSettings: optimized),
    .target(
      name: "LatentTestSupport", dependencies: ["LatentSystem"], path: "Tests/Support",
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "LatentSystemTests", dependencies: ["LatentSystem", "LatentTestSupport"], path: "Tests/SystemTests",
      swiftSettings: optimized),
    .testTarget(
      name: "LatentFormatsTests", dependencies: ["LatentFormats", "LatentTestSupport"], path: "Tests/FormatsTests",
      swiftSettings: optimized),
    .testTarget(
      name: "LatentTensorTests", dependencies: ["Tensor", "LatentTestSupport"], path: "Tests/TensorTests",
      exclude: [
        "Golden/generate.py", "Golden/generate_linear_algebra.py", "Golden/generate_operations.py",
        "Golden/generate_spatial.py", "Golden/README.md",
      ],
      resources: ["golden", "linear-algebra", "operations", "spatial", "zoo"].map { .copy("Golden/\($0).json") },
      swiftSettings: optimized),
    .testTarget(
      name: "LatentDatasetsTests", dependencies: ["Datasets", "LatentTestSupport"], path: "Tests/DatasetsTests",
      swiftSettings: optimized),
    .target(
      name: "LatentLayersTestSupport", dependencies: ["Layers", "LatentSystem"], path: "Tests/LayersSupport",
      swiftSettings: optimized),
    .testTarget(
      name: "LatentLayersTests", dependencies: ["Layers", "LatentTestSupport", "LatentLayersTestSupport"],
      path: "Tests/LayersTests",
      resources: [.copy("Golden")], swiftSettings: optimized),
    .testTarget(
      name: "LatentEvaluationTests", dependencies: ["Evaluation", "LatentTestSupport", "LatentLayersTestSupport"],
      path: "Tests/EvaluationTests", resources: [.copy("Golden")], swiftSettings: optimized),
    .testTarget(
      name: "LatentModelsTests",
      dependencies: ["Training", "Models", "Evaluation", "LatentTestSupport", "LatentLayersTestSupport"],
      path: "Tests/ModelsTests", resources: [.copy("Golden")], swiftSettings: optimized),
    .testTarget(
      name: "LatentBenchmarkHarnessTests", dependencies: ["LatentBenchmarkHarness"], path: "Tests/BenchmarkHarnessTests"
    ),
    .testTarget(
      name: "LatentExampleSupportTests", dependencies: ["LatentExampleSupport"], path: "Tests/ExampleSupportTests"),
  ]
)

/// The programs, each in the folder of its name in Examples: a new one is a folder and a line. The tests and the checks
/// in .ci go by the folders.
let programs = [
  "analyse-signals",
  "anomaly-table",
  "augment",
  "compare-adaptation",
  "compare-remedies",
  "denoise",
  "detect-anomalies",
  "evaluate",
  "explore",
  "generate",
  "inpaint",
  "judge-captions",
  "judge-shapes",
  "judge-style",
  "stylize",
  "train-alpha-gan",
  "train-bigan",
  "train-classifier",
  "train-cyclegan",
  "train-dann",
  "train-dcgan",
  "train-denoiser",
  "train-f-anogan",
  "train-gan",
  "train-infogan",
  "train-inpainting",
  "train-made",
  "train-pix2pix",
  "train-pixelcnn",
  "train-pixelrnn",
  "train-semi-supervised",
  "train-signals",
  "train-style",
  "train-stylegan",
  "train-super-resolution",
  "train-text-to-image",
  "train-vae",
  "train-vae-gan",
  "train-voxel-gan",
  "train-voxel-vae",
  "train-vqvae",
  "train-wgan-gp",
  "translate",
  "upscale",
]

/// `train-vae` is the product of `LatentTrainVae`: names of targets must be unique in a user's whole package graph.
func target(of program: String) -> String {
  "Latent" + program.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
}

package.targets += programs.map {
  .executableTarget(name: target(of: $0), dependencies: ["LatentExampleSupport"], path: "Examples/\($0)")
}
package.targets.append(
  .testTarget(
    name: "LatentExamplesTests",
    dependencies: ["Latent"] + programs.map { .target(name: target(of: $0)) }, path: "Tests/ExamplesTests"))

/// Whether a package is built that depends on this one: a copy that SwiftPM made, or one that is not the package nearest to
/// the current folder, which SwiftPM makes that of the package that is built, however and wherever it was started.
let isDependency: Bool = {
  if ["/checkouts/", "/registry/"].contains(where: Context.packageDirectory.contains) { return true }
  func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
  var place = Substring(resolved(FileManager.default.currentDirectoryPath))
  while let slash = place.lastIndex(of: "/") {
    if FileManager.default.fileExists(atPath: "\(place)/Package.swift") {
      return place != resolved(Context.packageDirectory)
    }
    place = place[..<slash]
  }
  return false
}()

// SwiftPM lets an executable product of a dependency replace the user's own of that name,
// so programs are products only where this package is the root.
if !isDependency {
  package.products += programs.map { .executable(name: $0, targets: [target(of: $0)]) }
  package.products.append(.executable(name: "Benchmarks", targets: ["LatentBenchmarks"]))
}
