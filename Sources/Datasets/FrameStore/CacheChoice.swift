import ClipSampling
import Glibc

/// Where decoded clips are kept when the user does not say.
public enum CacheChoice {
  /// In memory if all stacks fit in half of what is left free, otherwise on disk.
  ///
  /// - Parameters:
  ///   - reserved: bytes that the network and its batches will take.
  ///   - folder: for the disk cache.
  /// - Returns: the choice and a sentence that says it.
  public static func automatic(
    clips: Int, preprocessing: Preprocessing, folder: String, reserved: Int = 0
  ) -> (cache: ClipStore.Cache, sentence: String) {
    choose(
      bytes: clips * SourceFrames.stackBytes(preprocessing),
      available: max(0, availableBytes() - reserved), folder: folder)
  }

  static func choose(bytes: Int, available: Int, folder: String) -> (
    cache: ClipStore.Cache, sentence: String
  ) {
    let size = mebibytes(bytes)
    if bytes <= available / 2 {
      return (
        .ram(maximumBytes: available / 2), "decoded clips are kept in memory (at most \(size))"
      )
    }
    return (
      .disk(folder: folder),
      "decoded clips are kept in \(folder) (at most \(size), more than half of the free memory)"
    )
  }

  private static func mebibytes(_ bytes: Int) -> String {
    bytes < 10 << 30 ? "\((bytes + (1 << 20) - 1) >> 20) MiB" : "\(bytes >> 30) GiB"
  }

  /// Bytes that can be used: what the kernel calls available, within the control group's limit.
  public static func availableBytes() -> Int {
    var available = Int.max
    for line in lines(of: "/proc/meminfo") where line.hasPrefix("MemAvailable:") {
      let words = line.split(separator: " ")
      if words.count >= 2, let kibibytes = Int(words[1]) { available = kibibytes << 10 }
    }
    if let limit = lines(of: "/sys/fs/cgroup/memory.max").first.flatMap({ Int($0) }) {
      let used = lines(of: "/sys/fs/cgroup/memory.current").first.flatMap { Int($0) } ?? 0
      available = min(available, max(0, limit - used))
    }
    return available == Int.max ? 1 << 30 : available
  }

  private static func lines(of path: String) -> [String] {
    guard var source = try? ByteSource(path: path) else { return [] }
    var lines: [String] = []
    while let line = try? source.line() { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }
}
