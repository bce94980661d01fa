// Trains a MADE on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = MADE.Configuration()
var program = TrainingProgram(
  "train-made", summary: "Trains a MADE, masked dense layers that make images a pixel after the other.", epochs: 30,
  batchSize: 64, schedule: .cosine, takesModelOptions: true)
let pixels = PixelOptions(&program.options)
let hidden = program.options.string(
  "hidden", placeholder: "LIST",
  help: "units of the hidden layers, as 4000 or 2000,2000; \(usual.hiddenSizes[0]) if not given")
let ordering = program.options.choice(
  "ordering", default: usual.ordering, placeholder: "NAME", help: "how pixels are ordered")
let orders = program.options.integer(
  "orders", default: usual.orderCount, range: 1...4096, placeholder: "N",
  help: "random orders that the steps take in turn, and whose mixture the model is; with --ordering random")
let isIndirect = program.options.flag("indirect", help: "no connections but through hidden units")
program.options.settings(["hiddenSizes": "hidden", "orderCount": "orders", "isDirect": "indirect"])

program.options.presets([
  "conditional": ["conditional": ""],
  "quick": ["hidden": "500", "epochs": "2"],
  "orders": ["ordering": "random", "orders": "8"],
])

program.run(MADE.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  try pixels.apply(arguments, program, samples, to: &configuration)
  if let list = arguments[hidden] { configuration.hiddenSizes = try wholeNumbers(list, option: "hidden") }
  arguments.set(&configuration.ordering, to: ordering)
  try arguments.check(orders, hasMeaning: configuration.ordering == .random, "with --ordering random")
  arguments.set(&configuration.orderCount, to: orders)
  if arguments[isIndirect] { configuration.isDirect = false }
  return configuration
}
