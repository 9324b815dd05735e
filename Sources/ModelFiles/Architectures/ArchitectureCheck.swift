import Layers
import Networks

/// Holds an architecture that came from a file against its tensors, before anything is computed from
/// it: its sizes are in bounds, and no more memory is asked for than the tensors justify.
enum ArchitectureCheck {
  /// Throws for sizes out of bounds, and for weights that the file does not hold.
  static func check(
    _ architecture: Architecture, against file: SafeTensorsFile
  ) throws(ModelFileError) {
    do {
      for place in try architecture.graph().places {
        for parameter in place.parameters {
          try require(parameter, of: place.layer.name, in: file)
        }
      }
    } catch let error as NetworkError {
      throw ModelFileError(
        .mismatch, path: file.path, "describes an impossible network (\(error.message))",
        underlying: error)
    } catch let error as ModelFileError {
      throw error
    } catch {
      preconditionFailure("checking throws only errors of networks and files, not \(error)")
    }
  }

  private static func require(
    _ parameter: ParameterSpec, of layer: String, in file: SafeTensorsFile
  ) throws(ModelFileError) {
    try file.entry("\(layer).\(parameter.name)", type: .float32, shape: parameter.shape)
  }
}
