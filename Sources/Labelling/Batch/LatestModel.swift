import FileStore
import ModelFiles

/// Finds the model that was trained last.
public enum LatestModel {
  /// The newest `*.safetensors` directly in `folder`, by modification time, then by name; weights of
  /// elsewhere that nobody has trained only where there is nothing else.
  ///
  /// - Throws: `LabelError` with code `input` when there is none.
  public static func find(in folder: String = "models") throws(LabelError) -> String {
    var newest: (path: String, isTrained: Bool, modified: Double)?
    for name in Folder.names(folder) ?? [] where name.hasSuffix(".safetensors") {
      if name.hasPrefix(".") { continue }
      let path = PathText.join(folder, name)
      guard let identity = FileIdentity(MediaPath(path)), identity.kind == .file else { continue }
      let isTrained = ModelMetadata.saysTrained(path)
      if newest.map({
        ($0.isTrained ? 1 : 0, $0.modified) <= (isTrained ? 1 : 0, identity.modified)
      })
        ?? true
      {
        newest = (path, isTrained, identity.modified)
      }
    }
    if let newest { return newest.path }
    throw LabelError(
      .input,
      "\(folder)/: no model (*.safetensors) there; train one with vidclass train, or name "
        + "one with -m")
  }
}
