import FileStore
import Foundation
import Networks

/// How metadata stands in the file: a dictionary of strings, structured values as JSON.
extension ModelMetadata {
  private enum Key {
    static let formatVersion = "format_version"
    static let architecture = "architecture"
    static let classes = "classes"
    static let preprocessing = "preprocessing"
    static let temperature = "temperature"
    static let clipSeconds = "clip_seconds"
    static let training = "training"
    static let datasetHash = "dataset_hash"
    static let splitHash = "split_hash"
    static let programVersion = "program_version"
  }

  /// The file's `__metadata__`; equal metadata give equal strings.
  var strings: [String: String] {
    [
      "format": "pt",
      Key.formatVersion: "\(formatVersion)",
      Key.architecture: ModelMetadata.json(architecture),
      Key.classes: ModelMetadata.json(classes),
      Key.preprocessing: ModelMetadata.json(preprocessing),
      Key.temperature: "\(temperature)",
      Key.clipSeconds: "\(clipSeconds)",
      Key.training: ModelMetadata.json(training),
      Key.datasetHash: datasetHash,
      Key.splitHash: splitHash,
      Key.programVersion: programVersion,
    ]
  }

  /// Whether the metadata of a file of tensors says that it is a model of ours.
  package static func isPresent(in metadata: [String: String]) -> Bool {
    metadata[Key.formatVersion] != nil && metadata[Key.architecture] != nil
  }

  /// Whether a file may be a model that was trained: all but imported weights, which have no facts of
  /// a training.
  package static func saysTrained(_ path: String) -> Bool {
    guard let file = try? SafeTensorsFile(path), isPresent(in: file.metadata) else { return true }
    return file.metadata[Key.training] != "{}"
  }

  /// Reads and checks the metadata of a file.
  ///
  /// - Parameter weights: bytes of the tensors beside it: each class has some.
  init(_ strings: [String: String], path: String, weights: Int) throws(ModelFileError) {
    guard let version = strings[Key.formatVersion] else {
      throw ModelFileError(
        .mismatch, path: path,
        "is a safetensors file without a vidclass architecture; "
          + "give a model that vidclass train wrote")
    }
    guard let number = Int(version), number >= 1 else {
      throw ModelFileError(
        .mismatch, path: path, "has the impossible format version \(version.prefix(20))")
    }
    if number > ModelMetadata.currentFormatVersion {
      throw ModelFileError(
        .version, path: path,
        "has format version \(number), this program reads up to "
          + "\(ModelMetadata.currentFormatVersion); update vidclass")
    }
    let bounds = JSONBounds()
    let classBounds = JSONBounds(values: max(bounds.values, weights / 64))
    for key in [Key.training, Key.datasetHash, Key.splitHash, Key.programVersion] {
      if let text = strings[key], text.utf8.count > bounds.string {
        throw ModelFileError(
          .mismatch, path: path, "has metadata \(key) of more than \(bounds.string) bytes")
      }
    }
    self.init(
      architecture: try ModelMetadata.value(Key.architecture, strings, path),
      classes: try ModelMetadata.value(Key.classes, strings, path, classBounds),
      preprocessing: try ModelMetadata.value(Key.preprocessing, strings, path),
      temperature: try ModelMetadata.number(Key.temperature, strings, path),
      clipSeconds: try ModelMetadata.number(Key.clipSeconds, strings, path),
      training: try ModelMetadata.value(Key.training, strings, path),
      datasetHash: strings[Key.datasetHash] ?? "", splitHash: strings[Key.splitHash] ?? "",
      programVersion: strings[Key.programVersion] ?? "")
    formatVersion = number
  }

  private static func value<Value: Decodable>(
    _ key: String, _ strings: [String: String], _ path: String,
    _ bounds: JSONBounds = JSONBounds()
  ) throws(ModelFileError) -> Value {
    guard let text = strings[key] else {
      throw ModelFileError(
        .mismatch, path: path, "lacks the metadata \(key); was it written by vidclass train?")
    }
    do throws(BoundedJSON.Failure) {
      return try BoundedJSON.decode(Array(text.utf8), within: bounds)
    } catch {
      throw ModelFileError(
        .mismatch, path: path, "has metadata \(key) that cannot be read: it \(error.reason)")
    }
  }

  private static func number(
    _ key: String, _ strings: [String: String], _ path: String
  ) throws(ModelFileError) -> Double {
    guard let number = strings[key].flatMap({ Double($0) }) else {
      throw ModelFileError(.mismatch, path: path, "lacks the number \(key) in its metadata")
    }
    return number
  }

  /// JSON with sorted keys.
  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      preconditionFailure("metadata holds a number that JSON has no words for: \(error)")
    }
  }
}
