import ArgumentParser
import Tensors

extension Precision: ExpressibleByArgument {}

/// The arithmetic of networks.
struct PrecisionOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Arithmetic: fp32, bf16, or auto: bf16 where the processor has instructions for it.",
      valueName: "name"))
  var precision: Precision = .auto
}
