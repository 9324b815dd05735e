import Networks

public struct ONNXImport {
  public init(_ model: ONNXModel) throws(ModelFileError) {
    throw ModelFileError(.format, path: "", "pending")
  }
  public func network() throws(ModelFileError) -> Network {
    throw ModelFileError(.format, path: "", "pending")
  }
}
