import ArgumentParser
import ClipSampling
import Networks

/// How the pixels that weights of elsewhere learned from were centred and scaled.
struct PixelOptions: ParsableArguments {
  enum Scale: String, ExpressibleByArgument, CaseIterable {
    case imagenet
    case kinetics
    case perClip = "per-clip"

    var normalization: Preprocessing.Normalization {
      switch self {
      case .imagenet: .fixed(mean: PixelScale.imageNet.mean, std: PixelScale.imageNet.deviation)
      case .kinetics: .fixed(mean: PixelScale.kinetics.mean, std: PixelScale.kinetics.deviation)
      case .perClip: .perClip
      }
    }
  }

  /// A number for each colour, such as `0.485,0.456,0.406`.
  struct Values: ExpressibleByArgument {
    let numbers: [Float]

    init?(argument: String) {
      let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
      numbers = parts.compactMap { Float($0) }
      guard numbers.count == parts.count else { return nil }
    }
  }

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How pixels were normalised: \(Scale.allValueStrings.joined(separator: ", ")).",
      valueName: "kind"))
  var pixels: Scale?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Instead of --pixels: the mean of each colour, of pixels from 0 to 1.", valueName: "r,g,b"))
  var mean: Values?

  @Option(
    name: .long,
    help: ArgumentHelp("With --mean: the deviation of each colour.", valueName: "r,g,b"))
  var std: Values?

  func validate() throws {
    if (mean == nil) != (std == nil) {
      throw ValidationError("--mean and --std belong together; give both.")
    }
    if pixels != nil, mean != nil {
      throw ValidationError("--pixels says what --mean and --std do; give one of them.")
    }
  }

  /// Nil where nothing was said.
  var normalization: Preprocessing.Normalization? {
    if let mean, let std {
      .fixed(mean: mean.numbers, std: std.numbers)
    } else {
      pixels?.normalization
    }
  }
}
