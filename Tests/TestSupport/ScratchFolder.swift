import Foundation

/// An empty folder for one test, removed with everything in it at the end of its life.
public final class ScratchFolder: Sendable {
  public let path: String

  public init() {
    path = NSTemporaryDirectory() + "vidclass-test-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file of this name in the folder.
  public func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// The names of everything in the folder, hidden files too, sorted.
  public var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
