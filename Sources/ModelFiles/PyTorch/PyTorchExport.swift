import ClipSampling
import FileStore
import Foundation
import Networks

/// A model as a folder that PyTorch loads without us: `model.safetensors`, `model.py`,
/// `preprocess.json`.
public enum PyTorchExport {
  /// What `preprocess.json` says.
  private struct Preparation: Encodable {
    let classes: [String]
    let temperature: Double
    let preprocessing: Preprocessing
    let input = "[N, channels, frames, height, width]"
    let how = [
      "take the frames that \"choice\" says; \"uniform\": the middles of equal parts of the clip",
      "scale each to resizeWidth × resizeHeight, cut out the centre of width × height",
      "divide by 255; \"fixed\": subtract the mean, divide by the deviation, by channel; "
        + "\"perClip\": those of the whole clip, all channels together",
      "with \"difference\" the difference to the frame before follows as further channels",
      "divide the logits by the temperature before the softmax",
    ]
  }

  /// Each file appears whole or not at all; others in the folder stay.
  ///
  /// - Throws: `ModelFileError` or `FileStoreError`.
  public static func write(_ model: Model, to folder: String) throws {
    try ExportPlace.requireModule(folder)
    try requireNames(of: model.metadata.architecture, folder: folder)
    try Folder.create(folder)
    try model.save(to: folder + "/model.safetensors")
    try AtomicFile.write(PyTorchModule.text + "\n", to: folder + "/model.py")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let metadata = model.metadata
    let text = String(
      decoding: try encoder.encode(
        Preparation(
          classes: metadata.classes, temperature: metadata.temperature,
          preprocessing: metadata.preprocessing)), as: UTF8.self)
    try AtomicFile.write(text + "\n", to: folder + "/preprocess.json")
  }

  /// `training` is the one name that PyTorch sets on every module.
  private static func requireNames(
    of architecture: Architecture, folder: String
  ) throws(ModelFileError) {
    let names = architecture.layers.compactMap(\.name)
    if let name = names.first(where: { $0.split(separator: ".").contains("training") }) {
      throw ModelFileError(
        .mismatch, path: folder,
        "PyTorch keeps the name 'training' for itself, so the layer '\(PathText.display(name))' "
          + "cannot be exported to it; give it another name in the architecture")
    }
  }
}
