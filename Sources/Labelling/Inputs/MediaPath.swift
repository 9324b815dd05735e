import Foundation

/// A path as the system knows it: bytes, which need not be UTF-8.
///
/// Compared and hashed by its bytes: Swift's strings would take `é` composed and decomposed for the
/// same name, a file system does not.
public struct MediaPath: Sendable, Hashable {
  /// As the system gave them.
  public let bytes: [UInt8]
  /// For people and JSON: the bytes as UTF-8, U+FFFD where they are none.
  public let text: String

  /// Any bytes but zero name a file.
  public init(bytes: [UInt8]) {
    self.bytes = bytes
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// The text's UTF-8.
  public init(_ text: String) {
    bytes = Array(text.utf8)
    self.text = text
  }

  /// Whether `text` says exactly what `bytes` does.
  public var isText: Bool { text.utf8.elementsEqual(bytes) }

  public static func == (left: MediaPath, right: MediaPath) -> Bool { left.bytes == right.bytes }

  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

  /// The last component, without slashes; empty for `/`.
  public var name: MediaPath {
    let trimmed = bytes.trimmingTrailingSlashes
    let start = trimmed.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    return MediaPath(bytes: Array(trimmed[start...]))
  }

  /// The last component's extension in lower case, without the dot; empty for none.
  public var fileExtension: String {
    let name = self.name.bytes
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return "" }
    return String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased()
  }

  /// `name` inside this folder; inside `.` it stays as it is.
  public func appending(_ name: [UInt8]) -> MediaPath {
    let folder = bytes.trimmingTrailingSlashes
    if folder.isEmpty && bytes.first != UInt8(ascii: "/") { return MediaPath(bytes: name) }
    if folder.elementsEqual([UInt8(ascii: ".")]) { return MediaPath(bytes: name) }
    return MediaPath(bytes: folder + [UInt8(ascii: "/")] + name)
  }

  /// Calls `body` with the path as a C string.
  package func withCPath<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows
    -> Result
  {
    var zeroEnded = bytes
    zeroEnded.append(0)
    return try zeroEnded.withUnsafeBufferPointer { buffer in
      try buffer.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
    }
  }

  /// Calls `body` with a string that opens this file.
  ///
  /// A name that is not UTF-8 has no string; an open descriptor's name under `/proc`, which other
  /// processes can open too, stands for it.
  public func withOpenableString<Result>(_ body: (String) throws -> Result) rethrows -> Result {
    if isText { return try body(text) }
    let descriptor = withCPath { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return try body(text) }
    defer { close(descriptor) }
    return try body("/proc/\(getpid())/fd/\(descriptor)")
  }

  /// Byte order: the same in every locale.
  public static func precedes(_ left: MediaPath, _ right: MediaPath) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension [UInt8] {
  fileprivate var trimmingTrailingSlashes: ArraySlice<UInt8> {
    var end = count
    while end > 0 && self[end - 1] == UInt8(ascii: "/") { end -= 1 }
    return self[..<end]
  }
}
