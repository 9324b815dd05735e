#if FUZZING
  import CFuzzer
  import DecodeTrials
  import Foundation

  /// What libFuzzer's callbacks, which can carry nothing, work on.
  nonisolated(unsafe) private var trial: Trial?

  /// libFuzzer calls this first. Its own options leave no place for the kind of input.
  @_cdecl("LLVMFuzzerInitialize") public func initializeFuzzer(
    _ count: UnsafeMutablePointer<Int32>, _ arguments: UnsafeMutableRawPointer
  ) -> Int32 {
    guard let name = ProcessInfo.processInfo.environment["DECODEFUZZER"],
      let kind = Trial.Kind(rawValue: name)
    else { DecodeFuzzer.fail("set DECODEFUZZER to a kind of input", code: 64) }
    trial = Trial(kind, folder: DecodeFuzzer.makeScratch())
    // So that the decoder's own listener to messages is in place.
    _ = trial!.run([])
    vc_count_messages()
    return 0
  }

  /// libFuzzer calls this with every input.
  @_cdecl("LLVMFuzzerTestOneInput") public func tryInput(
    _ bytes: UnsafeRawPointer?, _ count: Int
  ) -> Int32 {
    _ = trial!.run(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
  }
#endif
