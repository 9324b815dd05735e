internal import CCrypto
import Glibc

/// SHA-256 of bytes and files, as 64 lower-case hexadecimal digits.
public enum Digest {
  /// Of bytes in memory.
  public static func sha256(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { sha256($0) }
  }

  package static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// Of a text's UTF-8.
  public static func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }

  /// Reads the regular file at `path` piece by piece.
  public static func sha256(file path: String) throws(FileStoreError) -> String {
    let file = try RegularFile.open(path)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { piece.deallocate() }
    var hash = SHA256()
    while true {
      guard let count = file.readAll(into: piece) else { throw .reading(path, errno) }
      hash.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      if count < piece.count { return hash.finish() }
    }
  }
}

/// SHA-256 of bytes that arrive in pieces.
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  /// Of nothing so far.
  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      // Only a lack of memory or a crippled libcrypto gets here.
      preconditionFailure("libcrypto has no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
  }

  /// Takes the next bytes.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Takes a text's UTF-8 as the next bytes.
  public mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The digest of everything so far, as lower-case hexadecimal; ends the use of this value.
  public consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1)
    return String(decoding: digest.flatMap { hexadecimal($0) }, as: UTF8.self)
  }

  private func hexadecimal(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
