import FileStore

/// Finds the model that was trained last.
public enum LatestModel {
  /// The newest `*.safetensors` directly in `folder`, by modification time, then by name.
  ///
  /// - Throws: `LabelError` with code `input` when there is none.
  public static func find(in folder: String = "models") throws(LabelError) -> String {
    var newest: (path: String, modified: Double)?
    for name in Folder.names(folder) ?? [] where name.hasSuffix(".safetensors") {
      if name.hasPrefix(".") { continue }
      let path = PathText.join(folder, name)
      guard let identity = FileIdentity(MediaPath(path)), identity.kind == .file else { continue }
      if identity.modified >= newest?.modified ?? -.infinity { newest = (path, identity.modified) }
    }
    if let newest { return newest.path }
    throw LabelError(
      .input,
      "\(folder)/: no model (*.safetensors) there; train one with vidclass train, or name "
        + "one with -m")
  }
}
