// swift-tools-version: 6.2
import PackageDescription

// A package that depends on Latent and has modules and programs whose names Latent uses too. run.sh builds a copy of it.
let latent = Target.Dependency.product(
  name: "Latent", package: "latent", moduleAliases: ["Models": "LatentModels", "Training": "LatentTraining"])

let package = Package(
  name: "client",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Models", targets: ["Models"]),
    .executable(name: "Benchmarks", targets: ["Benchmarks"]),
    .executable(name: "generate", targets: ["generate"]),
  ],
  dependencies: [
    .package(url: Context.environment["LATENT_URL"] ?? "", from: "1.0.0")
  ],
  targets: [
    .target(name: "Models"),
    .target(name: "Training"),
    .executableTarget(name: "tenants", dependencies: [latent]),
    .executableTarget(name: "Benchmarks"),
    .executableTarget(name: "generate"),
    .executableTarget(
      name: "app",
      dependencies: [
        "Models", "Training", latent,
      ]),
  ]
)
