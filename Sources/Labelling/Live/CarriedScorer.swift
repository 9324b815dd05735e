import ClipSampling
import Datasets
import ModelFiles
import Tensors
import VideoDecoding

/// What says after each picture of a stream what it looks like by now: a network that carries its
/// memory on. Pictures come in windows, as a network sees a clip.
///
/// Belongs to one thread.
public protocol CarriedScorer: AnyObject {
  /// Takes a window, and says when those of its pictures were taken that the network would see.
  func take(_ window: FrameStack) -> [Double]
  /// Calibrated softmax, `[classes]`, after one more of these pictures.
  func scores(afterPicture number: Int) throws -> [Float]
  /// The next picture has nothing to do with those before.
  func beginAnew()
}

/// A trained network as a carried scorer.
///
/// Pictures are prepared as those of a clip, the window: brought to its mean and deviation, or with
/// the difference to the picture before, where the model was trained so.
public final class CarriedModelScorer: CarriedScorer {
  private let classifier: CarriedClassifier
  private let preprocessing: Preprocessing
  /// The window as the network reads a clip.
  private let clip: UnsafeMutableBufferPointer<Float>

  /// Nil for a model that needs a stretch of time as a whole.
  ///
  /// - Parameter threads: of the network's own pool.
  public init?(model: Model, threads: Int = 1, precision: Precision = .auto) throws {
    guard
      let classifier = try CarriedClassifier(
        model: model, precision: precision, pool: WorkerPool(threads: threads))
    else { return nil }
    self.classifier = classifier
    preprocessing = model.metadata.preprocessing
    clip = .allocate(capacity: InputBuilder.inputCount(preprocessing))
    clip.initialize(repeating: 0)
  }

  deinit { clip.deallocate() }

  /// Takes a window, and says when the pictures were taken that the network would see of it.
  public func take(_ window: FrameStack) -> [Double] {
    InputBuilder.build(stack: window, preprocessing: preprocessing, into: clip)
    return InputBuilder.evaluationFrames(count: window.count, preprocessing: preprocessing)
      .map { window.times[$0] }
  }

  /// Calibrated scores, `[classes]`.
  ///
  /// - Throws: `ModelFileError` for a model whose scores are not finite.
  public func scores(afterPicture number: Int) throws -> [Float] {
    let size = classifier.input.count
    _ = classifier.input.update(fromContentsOf: clip[number * size..<(number + 1) * size])
    return try classifier.step()
  }

  /// Forgets all pictures so far.
  public func beginAnew() { classifier.beginAnew() }
}

/// Carries a network along a stream whose pictures come in overlapping windows: of each window those
/// that are new, at the pace at which the network sees a clip's frames.
struct CarriedAnswer {
  private let scorer: any CarriedScorer
  private let interval: Double
  private var due = -Double.infinity
  private var last = -Double.infinity
  private(set) var scores: [Float]?

  /// - Parameter window: seconds of a window.
  init(_ scorer: any CarriedScorer, preprocessing: Preprocessing, window: Double) {
    self.scorer = scorer
    interval =
      switch preprocessing.choice {
      case .uniform: window / Double(preprocessing.frames)
      case .rate(let framesPerSecond): 1 / framesPerSecond
      // Windows hold no others.
      case .stride: 0
      }
  }

  mutating func beginAnew() {
    scorer.beginAnew()
    due = -.infinity
    last = -.infinity
    scores = nil
  }

  /// Takes the pictures of a window that are due.
  mutating func add(_ window: FrameStack) throws {
    for (number, time) in scorer.take(window).enumerated()
    where time > last && time >= due - 0.25 * interval {
      scores = try scorer.scores(afterPicture: number)
      last = time
      // Pictures do not come exactly when they are due: the pace is kept in the long run.
      due = due.isFinite && time - due < interval ? due + interval : time + interval
    }
  }
}
