import Evaluation
import FileStore
import Foundation
import ModelFiles
import Networks

/// What `vidclass info` says of a model: as text for people, as JSON for programs.
struct ModelReport: Encodable {
  /// Whether `info` should take the file for a model, or for weights that could become one: by its
  /// name, or its first bytes.
  static func isModel(_ path: String) -> Bool {
    let name = path.lowercased()
    let endings = [".safetensors", ".onnx", ".pt", ".pth", ".json"]
    if endings.contains(where: name.hasSuffix) { return true }
    // Eight bytes of length, then the JSON header.
    guard var reader = try? FileReader(path), let start = try? reader.read(9) else { return false }
    return start.count == 9 && start[4..<8].allSatisfy { $0 == 0 } && start[8] == UInt8(ascii: "{")
  }

  let path: String
  let hash: String
  let bytes: Int
  let parameters: Int
  let flops: Int
  let metadata: ModelMetadata
  let layers: [Layer]

  struct Layer: Encodable {
    let name: String
    let kind: String
    let output: String
    let parameters: Int
    let flops: Int
  }

  private enum CodingKeys: String, CodingKey {
    case path, hash, bytes, parameters, flops, layers
    case metadata = "model"
  }

  init(path: String) throws {
    let model = try Model.load(path: path)
    self.path = path
    hash = model.hash
    bytes = try FileReader(path).size
    metadata = model.metadata
    layers = try model.metadata.architecture.summary().map {
      Layer(
        name: $0.name, kind: $0.kind, output: $0.outputShape, parameters: $0.parameters,
        flops: $0.flops)
    }
    parameters = layers.reduce(0) { $0 + $1.parameters }
    flops = layers.reduce(0) { $0 + $1.flops }
  }

  /// The report for people, with a line break at its end.
  var text: String {
    var lines = TextTable(facts.map { [$0.0, $0.1] }, rightAligned: []).lines
    lines += ["", "architecture \(metadata.architecture.name), \(metadata.architecture.input) in"]
    let header = ["layer", "kind", "output", "parameters", "FLOPs"]
    let rows = layers.map {
      [
        $0.name, $0.kind, $0.output, $0.parameters == 0 ? "" : grouped($0.parameters),
        $0.flops == 0 ? "" : large($0.flops),
      ]
    }
    let total = ["", "all", "", grouped(parameters), large(flops)]
    lines += TextTable([header] + rows + [total], rightAligned: [3, 4]).lines.map { "  " + $0 }
    if !metadata.training.isEmpty {
      lines += ["", "training"]
      let facts = trainingFacts
      lines += TextTable(facts.map { [$0.0, $0.1] }, rightAligned: []).lines.map { "  " + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var facts: [(String, String)] {
    let preprocessing = metadata.preprocessing
    let size = "\(preprocessing.width)×\(preprocessing.height)"
    let resize = "\(preprocessing.resizeWidth)×\(preprocessing.resizeHeight)"
    let choice =
      switch preprocessing.choice {
      case .uniform: "spread evenly over the clip"
      case .rate(let rate): "at \(rate) a second, from the middle"
      case .stride(let stride): "every \(stride)th, from the middle"
      }
    let normalization =
      switch preprocessing.normalization {
      case .perClip: "each clip by its own mean and deviation"
      case .fixed(let mean, let std): "mean \(mean), deviation \(std)"
      }
    return [
      ("model", "\(PathText.display(path)), \(grouped(bytes)) bytes"),
      ("hash", hash),
      ("classes", "\(metadata.classes.count): \(metadata.classes.joined(separator: ", "))"),
      ("frames", "\(preprocessing.frames), \(choice)"),
      ("size", resize == size ? size : "\(size), the centre of \(resize)"),
      (
        "colour",
        preprocessing.color.rawValue
          + (preprocessing.motion == .difference ? " and differences between frames" : "")
      ),
      ("normalised", normalization),
      ("temperature", String(format: "%.3f", metadata.temperature)),
      (
        "clip length",
        metadata.clipSeconds > 0 ? String(format: "%.2f s (median)", metadata.clipSeconds) : "–"
      ),
      ("data set", metadata.datasetHash.isEmpty ? "–" : metadata.datasetHash),
      ("split", metadata.splitHash.isEmpty ? "–" : metadata.splitHash),
      ("written by", "vidclass \(metadata.programVersion), format \(metadata.formatVersion)"),
    ]
  }

  /// Facts by name; those that are JSON objects themselves, such as settings, taken apart.
  private var trainingFacts: [(String, String)] {
    metadata.training.sorted { $0.key < $1.key }.flatMap { key, value -> [(String, String)] in
      guard value.hasPrefix("{"),
        let object: [String: Scalar] = try? BoundedJSON.decode(Array(value.utf8))
      else { return [(key, PathText.display(value))] }
      return object.sorted { $0.key < $1.key }.map { ($0.key, PathText.display($0.value.text)) }
    }
  }

  /// A JSON value as people write it.
  private struct Scalar: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        text = flag ? "yes" : "no"
      } else if let whole = try? value.decode(Int.self) {
        text = "\(whole)"
      } else if let number = try? value.decode(Double.self) {
        text = "\(number)"
      } else if let string = try? value.decode(String.self) {
        text = string
      } else if let list = try? value.decode([Scalar].self) {
        text = list.map(\.text).joined(separator: ", ")
      } else {
        text = "–"
      }
    }
  }

  // MARK: Figures

  /// `1234567` as `1,234,567`.
  private func grouped(_ number: Int) -> String {
    var digits = Array("\(number)")
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return String(digits)
  }

  /// `1234567890` as `1.23 G`.
  private func large(_ number: Int) -> String {
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    where Double(number) >= unit {
      return String(format: "%.2f \(name)", Double(number) / unit)
    }
    return "\(number)"
  }
}
