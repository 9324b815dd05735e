import FileStore
import Foundation
import ModelFiles
import Networks

/// The file an interrupted training goes on from, `checkpoint.safetensors` in its run folder.
///
/// Holds every tensor that changes in training, by name, and in its header what training it belongs to
/// and where that stood. Written in one piece, so that a kill in the middle leaves the one before.
struct Checkpoint {
  /// A flat buffer, and the tensors it holds: each is saved under its own name, so that a file tells
  /// what belongs to which layer.
  struct Buffer {
    let name: String
    let values: UnsafeMutableBufferPointer<Float>
    let entries: [Network.Entry]
  }

  private static let identityKey = "vidclass.identity"
  private static let stateKey = "vidclass.state"
  private static let formatKey = "vidclass.checkpoint"
  private static let format = "2"

  let identity: TrainingIdentity
  let state: TrainingState
  private let path: String

  static func write(
    to path: String, identity: TrainingIdentity, state: TrainingState, buffers: [Buffer]
  ) throws {
    var file = SafeTensorsWriter(metadata: [
      formatKey: format, identityKey: StableJSON.text(identity), stateKey: StableJSON.text(state),
    ])
    for buffer in buffers {
      for entry in buffer.entries {
        file.lend(
          "\(buffer.name)/\(entry.name)", shape: entry.shape,
          floats: UnsafeBufferPointer(rebasing: buffer.values[entry.range]))
      }
    }
    try file.write(to: path)
  }

  /// Reads all but the tensors, which `restore` reads.
  ///
  /// - Throws: `TrainingError` or `ModelFileError` when the file is damaged or no checkpoint.
  init(reading path: String) throws {
    let metadata = try SafeTensorsFile(path).metadata
    self.path = path
    guard metadata[Checkpoint.formatKey] == Checkpoint.format,
      let identity = metadata[Checkpoint.identityKey], let state = metadata[Checkpoint.stateKey]
    else {
      throw TrainingError(
        .checkpoint,
        "\(PathText.display(path)): is not a checkpoint of this version; train without `resume`")
    }
    do {
      let decoder = JSONDecoder()
      self.identity = try decoder.decode(TrainingIdentity.self, from: Data(identity.utf8))
      self.state = try decoder.decode(TrainingState.self, from: Data(state.utf8))
    } catch {
      throw TrainingError(
        .checkpoint,
        "\(PathText.display(path)): its header cannot be understood; train without `resume`",
        underlying: error)
    }
  }

  /// Where a training stands in a run folder; nil without a readable checkpoint of it.
  static func state(
    in folder: RunFolder, of identity: TrainingIdentity, accepting changes: Bool
  ) -> TrainingState? {
    guard folder.hasCheckpoint, let found = try? Checkpoint(reading: folder.checkpoint),
      identity.continues(found.identity, accepting: changes)
    else { return nil }
    return found.state
  }

  /// Throws unless this checkpoint belongs to the same training; names what differs.
  ///
  /// - Parameter changes: whether other clips and another processor are accepted.
  func requireIdentity(
    _ wanted: TrainingIdentity, accepting changes: Bool = false
  ) throws(TrainingError) {
    let others = wanted.settingDifferences(from: identity)
    guard others.isEmpty else {
      throw TrainingError(
        .checkpoint,
        "\(PathText.display(path)): belongs to another training: \(others.joined(separator: ", ")) "
          + "changed; give the same options as before, or train anew without `resume`")
    }
    let data = wanted.dataDifferences(from: identity)
    guard changes || data.isEmpty else {
      throw TrainingError(
        .checkpoint,
        "\(PathText.display(path)): \(data.joined(separator: ", ")) changed since this training "
          + "began; go on with `acceptChanges`, or train anew without `resume`")
    }
  }

  /// Reads the saved buffers back; where this throws, they are not to be used.
  func restore(_ buffers: [Buffer]) throws {
    let file = try SafeTensorsFile(path)
    var places: [String: UnsafeMutableBufferPointer<Float>] = [:]
    for buffer in buffers {
      for entry in buffer.entries {
        let name = "\(buffer.name)/\(entry.name)"
        try file.entry(name, type: .float32, shape: entry.shape)
        places[name] = .init(rebasing: buffer.values[entry.range])
      }
    }
    for entry in file.entries {
      if let place = places[entry.name] { try file.read(entry, into: place) }
    }
  }
}
