import Testing

@testable import Training

@Suite struct TelemetryTests {
  @Test(arguments: [
    ("123456789", 0xE306_9283 as UInt32), ("", 0), ("a", 0xC1D0_4330),
    ("The quick brown fox jumps over the lazy dog", 0x2262_0404),
  ])
  func checksum(text: String, expected: UInt32) {
    #expect(CRC32C.checksum(text.utf8) == expected)
  }

  /// RFC 3720, appendix B.4.
  @Test func checksumOfZeros() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
  }

  @Test func fileBeginsAsTensorBoardWantsIt() {
    let record = TensorBoardEvents.fileVersion(time: 1.5)
    #expect(Array(record.prefix(12)) == [0x18, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22])
    #expect(record.count == 12 + 24 + 4)
    #expect(Array(record[12..<21]) == [0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
    #expect(record[21..<36].elementsEqual([0x1A, 0x0D] + Array("brain.Event:2".utf8)))
  }

  @Test func scalarsAreProtocolBuffers() {
    let record = TensorBoardEvents.scalars([("loss", 0.5), ("f1", 2)], time: 0, step: 300)
    let data = record[12..<record.count - 4]
    let expected: [UInt8] =
      [0x09, 0, 0, 0, 0, 0, 0, 0, 0] + [0x10, 0xAC, 0x02]
      + [0x2A, 24] + [0x0A, 11, 0x0A, 4] + Array("loss".utf8) + [0x15, 0, 0, 0, 0x3F]
      + [0x0A, 9, 0x0A, 2] + Array("f1".utf8) + [0x15, 0, 0, 0, 0x40]
    #expect(Array(data) == expected)
    #expect(record[0] == UInt8(data.count))
  }

  @Test func metricsTable() {
    var record = EpochRecord(
      epoch: 1, step: 50, learningRate: 0.002, trainingLoss: 2.25, trainingTop1: 0.125,
      validation: .init(loss: 2, top1: 0.25, macroF1: 0.2), seconds: 10.126,
      clipsPerSecond: 79.004)
    let first = record
    record.epoch = 2
    record.validation = nil
    let table = EpochRecord.table([first, record])
    let lines = table.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    #expect(lines[0].split(separator: ",").count == 10)
    #expect(lines[1] == "1,50,0.002,2.25,0.125,2.0,0.25,0.2,10.13,79.0")
    #expect(lines[2] == "2,50,0.002,2.25,0.125,,,,10.13,79.0")
  }

  @Test func betterIsByMacroF1ThenByLoss() {
    let base = EpochRecord.Validation(loss: 1, top1: 0.5, macroF1: 0.5)
    #expect(EpochRecord.Validation(loss: 9, top1: 0.1, macroF1: 0.6).isBetter(than: base))
    #expect(EpochRecord.Validation(loss: 0.9, top1: 0.5, macroF1: 0.5).isBetter(than: base))
    #expect(!base.isBetter(than: base))
    #expect(!EpochRecord.Validation(loss: 0.1, top1: 0.9, macroF1: 0.4).isBetter(than: base))
  }
}
