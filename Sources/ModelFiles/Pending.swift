extension SafeTensors {
  public static func readingWeights(_ path: String) throws(ModelFileError) -> SafeTensors {
    try SafeTensors(reading: path)
  }
}
