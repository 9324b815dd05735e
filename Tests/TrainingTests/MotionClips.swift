import ClipSampling
import Datasets
import Foundation
import ModelFiles
import Synchronization
import Tensors
import VideoDecoding

@testable import Training

/// Clips made on the spot: a bright bar that wanders to the right (class 0) or to the left (class
/// 1) over noise. One frame, or all of them in another order, do not tell which.
final class MotionClips: ClipSource {
  static let size = 18
  static let frames = 15
  let index: DatasetIndex

  init(count: Int) throws {
    index = try DatasetIndex(
      path: "motion",
      clips: (0..<count).map { number in
        let label = ["leftwards", "rightwards"][number % 2]
        return Clip(
          path: "\(label)/\(number).mp4", file: "\(number)", label: label,
          group: "group\(number / 2)")
      })
  }

  func stack(for clip: Clip) throws -> FrameStack {
    let (size, frames) = (MotionClips.size, MotionClips.frames)
    var random = RandomStream(seed: 1, purpose: .test, clip.identity)
    let start = random.integer(below: size)
    var pixels = [UInt8]()
    for frame in 0..<frames {
      let step = clip.classIndex == 0 ? frame : -frame
      let bar = ((start + step) % size + size) % size
      for _ in 0..<size {
        for column in 0..<size {
          let isBar = column == bar || column == (bar + 1) % size
          pixels.append(UInt8(random.integer(below: 40)) + (isBar ? 200 : 0))
        }
      }
    }
    return FrameStack(
      count: frames, height: size, width: size, channels: 1, pixels: pixels,
      times: (0..<frames).map { Double($0) / 25 })
  }
}

/// Clips of which some go away while training runs, as those on a network share do.
final class VanishingClips: ClipSource {
  private let clips: MotionClips
  private let gone = Mutex<@Sendable (Clip) -> Bool>({ _ in false })

  init(_ clips: MotionClips) { self.clips = clips }

  func lose(_ which: @escaping @Sendable (Clip) -> Bool) { gone.withLock { $0 = which } }

  func stack(for clip: Clip) throws -> FrameStack {
    let isGone = gone.withLock { $0 }
    if isGone(clip) { throw DatasetError(.notFound, path: clip.file, "went away") }
    return try clips.stack(for: clip)
  }
}

/// A small training over `MotionClips` with its own folder, removed at the end.
final class MotionTraining {
  let clips: MotionClips
  let folder: RunFolder
  let home: String

  init(clips count: Int = 24) throws {
    clips = try MotionClips(count: count)
    home = NSTemporaryDirectory() + "vidclass-training-" + UUID().uuidString
    folder = RunFolder(model: home + "/motion.safetensors")
    try folder.prepare()
  }

  deinit { try? FileManager.default.removeItem(atPath: home) }

  func request(_ change: (inout TrainingRequest) -> Void = { _ in }) -> TrainingRequest {
    var request = TrainingRequest(data: "motion")
    request.frames = 8
    request.size = 16
    request.gray = true
    request.epochs = 3
    request.batchSize = 4
    request.architecture = home + "/tiny.json"
    request.augmentation = .light
    change(&request)
    return request
  }

  /// - Parameter threads: of the network and the loader.
  func trainer(
    _ request: TrainingRequest, threads: Int = 1, secondsBetweenCheckpoints: Double = 1e9,
    source: (any ClipSource)? = nil, observer: Trainer.Observer = Trainer.Observer()
  ) throws -> Trainer {
    try Data(MotionTraining.network.utf8).write(to: URL(fileURLWithPath: home + "/tiny.json"))
    let plan = try TrainingPlan(request, index: clips.index)
    return try Trainer(
      plan: plan, folder: folder, source: source ?? clips, pool: WorkerPool(threads: threads),
      secondsBetweenCheckpoints: secondsBetweenCheckpoints, observer: observer)
  }

  /// The weights and statistics a finished trainer would save, as bytes.
  static func bytes(_ trainer: Trainer) -> [UInt8] {
    Array(UnsafeRawBufferPointer(trainer.averaged.parameters))
      + Array(UnsafeRawBufferPointer(trainer.averaged.buffers))
  }

  static let network = """
    {"name":"tiny","input":{"frames":8,"height":16,"width":16,"channels":1},"classes":2,"layers":[
    {"type":"conv3d","name":"conv","filters":8,"kernel":[3,5,5],"stride":[1,2,2],"padding":[1,2,2],
     "bias":false},{"type":"batchnorm","name":"norm"},{"type":"relu"},
    {"type":"maxpool3d","window":[1,2,2]},{"type":"flattensteps"},
    {"type":"lstm","name":"lstm","hidden":8},{"type":"timepooling","mode":"mean"},
    {"type":"dropout","rate":0.2},{"type":"dense","name":"head","outputs":2}]}
    """
}
