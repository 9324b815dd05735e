import Evaluation
import Foundation
import Networks

/// What `vidclass info --architectures` prints: every preset with its parameters and FLOPs.
struct ArchitectureList: Encodable {
  struct Row: Encodable {
    let name: String
    let summary: String
    let input: InputShape
    let parameters: Int
    let flops: Int
  }

  /// Classes that parameters and FLOPs are told for.
  private static let classes = 6

  let architectures: [Row]

  init() throws {
    architectures = try Preset.all.map {
      let architecture = try $0.architecture(input: $0.input, classes: Self.classes)
      return Row(
        name: $0.name, summary: $0.summary, input: $0.input,
        parameters: try architecture.parameterCount(), flops: try architecture.flopsPerClip())
    }
  }

  func write(asJSON: Bool) throws {
    if asJSON { return try StandardOutput.writeJSON(self) }
    let header = ["name", "usual input", "parameters", "GFLOPs a clip", ""]
    let rows = architectures.map {
      [
        $0.name, $0.input.description, String(format: "%.2f M", Double($0.parameters) / 1e6),
        String(format: "%.2f", Double($0.flops) / 1e9), $0.summary,
      ]
    }
    let variants = [
      "",
      "variants: --rnn " + PresetOptions.Recurrence.allCases.map(\.rawValue).joined(separator: "|")
        + ", --head " + PresetOptions.Head.allCases.map(\.rawValue).joined(separator: "|"),
    ]
    let lines = TextTable([header] + rows, rightAligned: [2, 3]).lines + variants
    try StandardOutput.write(lines.joined(separator: "\n") + "\n")
  }
}
