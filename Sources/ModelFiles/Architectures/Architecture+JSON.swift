import Layers
import Networks

extension Architecture {
  /// Reads an architecture as `vidclass info --json` prints it, from a file that is not trusted.
  ///
  /// - Parameter source: what messages call it.
  /// - Throws: `format`, with the layer and field that cannot be.
  public init(json bytes: [UInt8], source: String) throws(ModelFileError) {
    do throws(BoundedJSON.Failure) {
      let bytes = try ArchitectureText(bytes).bytes
      self = try BoundedJSON.decode(bytes, isStrict: true)
      let fields: ArchitectureFields = try BoundedJSON.decode(bytes)
      if let flaw = fields.flaw { throw BoundedJSON.Failure(reason: flaw) }
    } catch {
      throw ModelFileError(
        .format, path: source,
        "is not an architecture as vidclass prints those of models (it \(error.reason))")
    }
  }
}

/// The names of an architecture's own fields and of its input's.
private struct ArchitectureFields: Decodable {
  /// What is wrong with them, as the end of a sentence that begins with "it"; nil for nothing.
  let flaw: String?

  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    let input = try fields.nestedContainer(keyedBy: Key.self, forKey: Key(stringValue: "input"))
    let known: Set = ["name", "input", "classes", "layers"]
    let sizes: Set = ["frames", "height", "width", "channels"]
    if let stranger = fields.allKeys.map(\.stringValue).filter({ !known.contains($0) }).min() {
      flaw = FieldNotes.flaw(stranger, known: known)
    } else if let stranger = input.allKeys.map(\.stringValue).filter({ !sizes.contains($0) }).min()
    {
      flaw = "has an input that " + FieldNotes.flaw(stranger, known: sizes)
    } else {
      flaw = nil
    }
  }
}
