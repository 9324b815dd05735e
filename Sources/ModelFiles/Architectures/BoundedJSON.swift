import FileStore
import Foundation
import Layers

/// Decodes JSON of files that are not trusted.
package enum BoundedJSON {
  /// Why a text is not decoded, as the end of a sentence that begins with "it".
  package struct Failure: Error {
    package let reason: String
  }

  /// A value of JSON in UTF-8.
  ///
  /// - Parameter isStrict: refuses layers with fields that they do not have.
  package static func decode<Value: Decodable>(
    _ bytes: [UInt8], within bounds: JSONBounds = JSONBounds(), isStrict: Bool = false
  ) throws(Failure) -> Value {
    try requireBounds(bytes, bounds)
    let decoder = JSONDecoder()
    decoder.userInfo[.refusesUnknownFields] = isStrict
    do {
      return try decoder.decode(Value.self, from: Data(bytes))
    } catch let error as DecodingError {
      if error.isOfWholeText, let place = misfit(Value.self, bytes) { throw Failure(reason: place) }
      throw Failure(reason: "does not fit: \(error.explanation())")
    } catch {
      throw Failure(reason: "is not JSON")
    }
  }

  static func requireBounds(
    _ bytes: [UInt8], _ bounds: JSONBounds = JSONBounds()
  ) throws(Failure) {
    // Foundation would also take UTF-16 and UTF-32, in which the bounds would not be seen.
    guard (try? UTF8Span(validating: bytes.span)) != nil, !bytes.contains(0) else {
      throw Failure(reason: "is not UTF-8 text")
    }
    if let flaw = bounds.flaw(in: bytes) { throw Failure(reason: flaw) }
  }

  /// Where a number stands that its field cannot hold, such as 4.5 or 1e308 for a size.
  ///
  /// Of those Foundation only says that the whole is not valid JSON. So each number that is not
  /// whole is made a text, which it takes where fractions may be, and refuses by name elsewhere.
  private static func misfit<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> String? {
    let word = "fraction"
    var changed: [UInt8] = []
    var copied = 0
    bytes.withUnsafeBufferPointer { bytes in
      JSONTokens.forEach(bytes) { kind, range in
        let token = bytes[range]
        guard kind == .word, let first = token.first,
          first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
          Int(String(decoding: token, as: UTF8.self)) == nil
        else { return true }
        changed += bytes[copied..<range.lowerBound]
        changed += Array("\"\(word)\"".utf8)
        copied = range.upperBound
        return true
      }
      changed += bytes[copied...]
    }
    if copied == 0 { return nil }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: word, negativeInfinity: "-" + word, nan: "no " + word)
    do {
      _ = try decoder.decode(Value.self, from: Data(changed))
      return "holds a number too large for its field"
    } catch let error as DecodingError where !error.isOfWholeText {
      return "does not fit: \(error.explanation()), not a fraction, and not that large"
    } catch {
      return nil
    }
  }
}

extension DecodingError {
  /// Whether it says of no part of the text that it is the cause.
  fileprivate var isOfWholeText: Bool {
    if case .dataCorrupted(let context) = self { context.codingPath.isEmpty } else { false }
  }
}
