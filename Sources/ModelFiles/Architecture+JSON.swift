import FileStore
import Foundation
import Layers
import Networks

extension Architecture {
  /// Reads an architecture as `vidclass info --json` prints it, from a file that is not trusted.
  ///
  /// - Parameter source: what messages call it.
  /// - Throws: `format`, with the layer and field that cannot be.
  public init(json bytes: [UInt8], source: String) throws(ModelFileError) {
    if let flaw = JSONBounds().flaw(in: bytes) {
      throw ModelFileError(
        .format, path: source,
        "\(flaw), and is no architecture as vidclass info --json prints it")
    }
    do {
      self = try JSONDecoder().decode(Architecture.self, from: Data(bytes))
    } catch {
      let reason = (error as? DecodingError)?.explanation() ?? "it is not JSON"
      throw ModelFileError(
        .format, path: source,
        "is not an architecture as vidclass info --json prints it (\(reason))")
    }
  }
}
