import ModelFiles
import Networks

/// What reads models, weights and architectures.
extension Trial {
  /// Values of a network that is made to see whether it can be.
  private static let mostParameters = 1 << 20

  /// Reads a model file as `vidclass label -m` does, short of running the network.
  static func readModel(_ path: String) -> Outcome {
    outcome { () throws(ModelFileError) in _ = try Model.load(path: path) }
  }

  /// Reads weights as `vidclass import` does.
  static func readWeights(_ path: String) -> Outcome {
    outcome { () throws(ModelFileError) in
      let tensors = try SafeTensors.readingWeights(path)
      for name in tensors.names {
        guard let tensor = tensors[name] else { continue }
        require(tensor.bytes.count == tensor.count * tensor.type.size, "bytes for each element")
      }
    }
  }

  /// Reads an ONNX file, decodes its tensors, writes it again and makes a network of it.
  static func readONNX(_ bytes: [UInt8]) -> Outcome {
    outcome { () throws(ModelFileError) in
      let model = try ONNXModel(bytes: bytes, source: "input")
      for tensor in model.graph.initializers {
        let count = (try? tensor.floats().count) ?? (try? tensor.integers().count)
        require(count == nil || count == tensor.count, "as many elements as the shape needs")
      }
      let written = try model.serialized()
      let again = try ONNXModel(bytes: written, source: "input")
      require(try again.serialized() == written, "the same bytes when written again")
      _ = try ONNXImport(model)
    }
  }

  /// Reads an architecture as `vidclass train --arch` does, and makes the network where it is small.
  static func readNetwork(_ bytes: [UInt8]) -> Outcome {
    outcome { () throws(ModelFileError) in
      let architecture = try Architecture(json: bytes, source: "input")
      do {
        try architecture.validate()
        _ = try architecture.convolutionLayers()
        require(try architecture.flopsPerClip() >= 0, "operations that can be counted")
        if try architecture.parameterCount() <= mostParameters {
          _ = try Network(architecture: architecture, seed: 1)
        }
      } catch {
        require(!"\(error)".isEmpty, "a message")
        throw ModelFileError(.mismatch, path: "input", "\(error)")
      }
    }
  }

  private static func outcome(_ read: () throws(ModelFileError) -> Void) -> Outcome {
    do throws(ModelFileError) {
      try read()
      return .complete
    } catch {
      require(!"\(error)".contains("\n"), "a message of one line: \(error)")
      require("\(error)".utf8.count < 8192, "a message of bounded length")
      return .refused("\(error.code)")
    }
  }
}
