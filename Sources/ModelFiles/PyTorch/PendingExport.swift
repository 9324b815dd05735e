public enum PyTorchExport { public static func write(_ model: Model, to folder: String) throws { throw ModelFileError(.format, path: folder, "pending") } }
