import ClipSampling
import FileStore
import Foundation
import ModelFiles
import Networks

// What the network is and reads.
extension TrainingPlan {
  /// - Parameter drawn: the input of the architecture file, which counts where no option says more.
  static func preprocessing(
    _ request: TrainingRequest, begin: StartingPoint?, drawn: InputShape?
  ) throws -> Preprocessing {
    let choice = try frameChoice(request)
    // A picture network's features are of its own size, whatever the model was made for that brings its
    // weights.
    let named = request.architecture == nil ? nil : request.fittedPreset
    if let initial = begin?.model, named == nil {
      let own = initial.metadata.preprocessing
      // The weights were learned on this input; anything else would waste them.
      let asked =
        (request.frames.map { $0 != own.frames } ?? false)
        || (request.size.map { $0 != own.height || $0 != own.width } ?? false)
        || (request.gray && own.color != .gray)
        || (request.motion.map { $0 != own.motion } ?? false)
        || (choice != .uniform && choice != own.choice)
      if asked {
        throw TrainingError(
          .settings,
          "\(PathText.display(request.initialModel ?? "")): reads \(own.frames) frames of "
            + "\(own.width)×\(own.height) (\(own.color.rawValue)); leave out `frames`, `size`, "
            + "`gray`, `motion`, `fps` and `stride`, which `initialModel` decides")
      }
      return own
    }
    if let frames = request.frames, !(1...512).contains(frames) {
      throw TrainingError(.usage, "`frames` must be from 1 to 512, not \(frames)")
    }
    if let size = request.size, !(8...1024).contains(size) {
      throw TrainingError(.usage, "`size` must be from 8 to 1024, not \(size)")
    }
    // Weights from elsewhere were learned on pictures of a certain size and scale.
    let preset = Preset.all.first { begin != nil && $0.name == request.architecture }
    let usual = drawn ?? preset?.input
    let frames = request.frames ?? usual?.frames ?? 16
    let height = request.size ?? usual?.height ?? 64
    let width = request.size ?? usual?.width ?? 64
    // Grey or colour, alone or each with its difference to the frame before.
    let channels = drawn?.channels ?? 3
    let input = InputShape(frames: frames, height: height, width: width, channels: channels)
    if let flaw = input.flaw {
      throw TrainingError(
        .settings, "\(PathText.display(request.architecture ?? "")): input.\(flaw)")
    }
    return Preprocessing(
      frames: frames, height: height, width: width,
      resizeHeight: named == nil ? withMargin(height) : height,
      resizeWidth: named == nil ? withMargin(width) : width,
      color: request.gray || channels < 3 ? .gray : .rgb,
      motion: request.motion ?? (channels % 2 == 0 ? .difference : .none), choice: choice,
      normalization: preset?.pixels.flatMap {
        request.gray || request.motion == .difference
          ? nil : .fixed(mean: $0.mean, std: $0.deviation)
      } ?? .perClip)
  }

  /// An eighth more than is shown, so that crops can move.
  private static func withMargin(_ side: Int) -> Int { side + (side + 7) / 8 }

  private static func frameChoice(_ request: TrainingRequest) throws -> Preprocessing.FrameChoice {
    if let rate = request.framesPerSecond {
      guard FrameRates.all.contains(rate) else {
        throw TrainingError(.usage, "`fps` must be above 0 and at most 1000, not \(rate)")
      }
      return .rate(framesPerSecond: rate)
    }
    if let stride = request.stride {
      guard FrameRates.strides.contains(stride) else {
        throw TrainingError(.usage, "`stride` must be from 1 to 10000, not \(stride)")
      }
      return .stride(stride)
    }
    return .uniform
  }

  /// `--dropout` for a network that was not made for this training.
  private static func setDropout(
    _ request: TrainingRequest, in architecture: inout Architecture
  ) throws {
    guard let rate = request.dropout else { return }
    guard architecture.setDropout(rate: Float(rate)) else {
      throw TrainingError(.usage, "`dropout`: the network \(architecture.name) has no such layer")
    }
  }

  static func architecture(
    _ request: TrainingRequest, begin: StartingPoint?, drawn: ArchitectureFile?, dropout: Double,
    input: InputShape, classes: Int, clips: Int
  ) throws -> Architecture {
    var architecture: Architecture
    let path: String
    if request.architecture == nil, let initial = begin?.model {
      if request.recurrence != nil || request.head != nil {
        throw TrainingError(
          .usage,
          "`recurrence` and `head` need `architecture` beside `initialModel`, which decides the network"
        )
      }
      architecture = initial.metadata.architecture
      path = PathText.display(request.initialModel ?? "")
    } else if let drawn {
      architecture = drawn.architecture
      architecture.input = input
      path = drawn.path
    } else {
      if request.architecture == nil, begin != nil {
        throw TrainingError(
          .usage,
          "\(PathText.display(request.initialModel ?? "")): holds weights that do not say which "
            + "network they belong to; name it with `architecture` (`architectureList` lists "
            + "them)")
      }
      return try Architecture.preset(
        request.architecture ?? TrainingPlan.standardArchitecture(clips: clips), input: input,
        classes: classes,
        options: PresetOptions(
          dropout: Float(dropout), recurrence: request.recurrence, head: request.head))
    }
    if request.recurrence != nil || request.head != nil { throw ArchitectureFile.cannotBeVaried }
    try setDropout(request, in: &architecture)
    try ArchitectureFile.fit(&architecture, of: path, classes: classes)
    return architecture
  }
}
