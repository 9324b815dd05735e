import VideoDecoding

/// What says how much a window looks like each class: a network, or a stand-in for it.
///
/// Belongs to one worker; not shared between threads.
public protocol WindowScorer: AnyObject {
  /// In the order of the scores.
  var classNames: [String] { get }
  /// How many windows are scored best at once.
  var batchSize: Int { get }
  /// Calibrated softmax of each stack, `[stacks, classes]`; at most `batchSize` stacks.
  func scores(of stacks: [FrameStack]) throws -> [[Float]]
}
