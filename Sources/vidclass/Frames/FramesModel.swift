import ClipSampling
import Datasets
import ModelFiles
import Networks
import Tensors
import VideoDecoding

/// What a model's preprocessing makes of a clip: the frames the network is shown, cropped, and the
/// numbers it reads.
struct ModelView {
  /// Which of the decoded frames the network is shown.
  let frames: [Int]
  /// Chosen and cropped frames, `[T, H, W, C]`.
  let stack: FrameStack
  /// The network's input, `[T, H, W, C]`, normalised (with motion, twice as many channels).
  let input: [Float]
  /// `[classes]`, before temperature and softmax.
  let logits: [Float]
  let metadata: ModelMetadata
  let modelHash: String

  /// - Parameters:
  ///   - decoded: As `SourceFrames.read` gives them.
  init(_ decoded: DecodedFrames, model: Model, pool: WorkerPool) throws {
    let preprocessing = model.metadata.preprocessing
    let executor = try Executor(network: model.network, batch: 1, mode: .inference, pool: pool)
    InputBuilder.build(stack: decoded.stack, preprocessing: preprocessing, into: executor.input)
    input = Array(executor.input)
    executor.forward(count: 1)
    logits = Array(executor.logits)
    frames = InputBuilder.evaluationFrames(
      count: decoded.stack.count, preprocessing: preprocessing)
    stack = ModelView.cropped(decoded.stack, frames: frames, preprocessing)
    metadata = model.metadata
    modelHash = model.hash
  }

  /// The chosen frames of `decoded`, cropped in the centre.
  private static func cropped(
    _ decoded: FrameStack, frames chosen: [Int], _ preprocessing: Preprocessing
  ) -> FrameStack {
    let (width, height) = (preprocessing.width, preprocessing.height)
    let left = (decoded.width - width) / 2
    let top = (decoded.height - height) / 2
    var pixels: [UInt8] = []
    pixels.reserveCapacity(chosen.count * width * height * decoded.channels)
    for frame in chosen {
      for row in 0..<height {
        let start =
          frame * decoded.frameSize + ((top + row) * decoded.width + left) * decoded.channels
        pixels += decoded.pixels[start..<start + width * decoded.channels]
      }
    }
    return FrameStack(
      count: chosen.count, height: height, width: width, channels: decoded.channels,
      pixels: pixels, times: chosen.map { decoded.times[$0] })
  }

  /// `[1, C, T, H, W]`: the layout PyTorch's Conv3d reads.
  var inputChannelsFirst: [Float] {
    let shape = metadata.architecture.input
    let positions = shape.frames * shape.height * shape.width
    return [Float](unsafeUninitializedCapacity: positions * shape.channels) { buffer, count in
      for channel in 0..<shape.channels {
        for position in 0..<positions {
          buffer[channel * positions + position] = input[position * shape.channels + channel]
        }
      }
      count = positions * shape.channels
    }
  }
}

/// `stack.safetensors`: frames for other programs.
enum StackFile {
  /// `frames` (U8, `[T, H, W, C]`) and, with a model, `input` (F32, `[1, C, T, H, W]`, normalised)
  /// and `logits` (F32, `[1, classes]`); times and where they came from in the metadata.
  static func write(_ stack: FrameStack, view: ModelView?, source: String, to path: String) throws {
    var file = SafeTensors(metadata: [
      "format": "vidclass.stack",
      "source": source,
      "times": "[" + stack.times.map { "\($0)" }.joined(separator: ", ") + "]",
      "layout.frames": "T,H,W,C",
    ])
    file.set(
      "frames", type: .uint8, shape: [stack.count, stack.height, stack.width, stack.channels],
      bytes: stack.pixels)
    if let view {
      let shape = view.metadata.architecture.input
      file.set(
        "input", shape: [1, shape.channels, shape.frames, shape.height, shape.width],
        floats: view.inputChannelsFirst)
      file.set("logits", shape: [1, view.logits.count], floats: view.logits)
      file.metadata["layout.input"] = "N,C,T,H,W"
      file.metadata["model"] = view.modelHash
    }
    try file.write(to: path)
  }
}
