import Tensors

/// One of several machines' share of a list: which paths are its own.
///
/// A path belongs to a shard by a hash of its bytes, never by its place in a listing: adding or
/// removing files moves no other file to another shard.
public struct Shard: Sendable, Hashable {
  /// 0-based, less than `count`.
  public let index: Int
  /// Of how many; at least 1.
  public let count: Int

  /// The whole list.
  public static let all = Shard(index: 0, count: 1)

  /// - Precondition: `index` is from 0 to below `count`.
  public init(index: Int, count: Int) {
    precondition(count > 0 && (0..<count).contains(index))
    self.index = index
    self.count = count
  }

  /// Reads `i/n`, 0-based.
  public init(parsing text: String) throws(LabelError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else {
      throw LabelError(.usage, "`shard` \(text): expected i/n, such as 0/4, or auto")
    }
    guard count > 0, (0..<count).contains(index) else {
      throw LabelError(
        .usage,
        "`shard` \(text): shards are counted from 0: expected 0/\(max(1, count)) up to "
          + "\(max(1, count) - 1)/\(max(1, count))")
    }
    self.init(index: index, count: count)
  }

  /// Whether the file of this relative path is this shard's.
  public func contains(_ relativePath: MediaPath) -> Bool {
    count == 1 || Shard.hash(relativePath.bytes) % UInt64(count) == UInt64(index)
  }

  /// Part of the contract: shards of different versions must agree.
  static func hash(_ bytes: [UInt8]) -> UInt64 {
    var hash = StableHash()
    hash.add(bytes: bytes)
    return hash.value
  }

  /// `part-00007-of-00100.jsonl`: the name of this shard's output in a folder.
  public var fileName: String {
    func padded(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
    }
    return "part-\(padded(index))-of-\(padded(count)).jsonl"
  }
}
