import Foundation
import Testing

@testable import Labelling

@Suite struct WatchTests {
  private func job(_ path: String) -> LabelJob {
    LabelJob(path: MediaPath(path), relativePath: MediaPath(path))
  }

  private func found(_ paths: [String]) -> [(job: LabelJob, identity: FileIdentity)] {
    paths.compactMap { path in FileIdentity(MediaPath(path)).map { (job(path), $0) } }
  }

  @Test func aFileIsCompleteWhenItNoLongerChanges() throws {
    let folder = TemporaryFolder()
    let path = folder.add("a.mp4", "one")
    var list = SettleList(seconds: 5)
    #expect(list.update(found([path]), now: 0).complete.isEmpty)
    #expect(list.update(found([path]), now: 4).complete.isEmpty)
    folder.add("a.mp4", "one and two")
    #expect(list.update(found([path]), now: 6).complete.isEmpty)
    #expect(list.wait(now: 7) == 4)
    // The same size, written anew.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: path)
    #expect(list.update(found([path]), now: 10.9).complete.isEmpty)
    #expect(list.update(found([path]), now: 15.9).complete == [job(path)])
    list.forget(MediaPath(path))
    #expect(list.wait(now: 16) == nil)
  }

  @Test func whatGoesAwayIsForgotten() {
    let folder = TemporaryFolder()
    let path = folder.add("a.mp4", "one")
    var list = SettleList(seconds: 5)
    _ = list.update(found([path]), now: 0)
    let (complete, gone) = list.update([], now: 100)
    #expect(complete.isEmpty && gone == [MediaPath(path)])
    // Back again, it begins anew.
    #expect(list.update(found([path]), now: 101).complete.isEmpty)
  }

  @Test func partialNamesAreNoMovies() {
    let kinds = ArrivingMedia(kinds: ExtensionKinds())
    for name in ["a.mp4", "part.mp4", "a.b.mp4"] { #expect(kinds.isVideo(name: MediaPath(name))) }
    for name in ["a.mp4.part", "a.part.mp4", "a.TMP.mp4", "a.mp4.crdownload", "a.tmp"] {
      #expect(!kinds.isVideo(name: MediaPath(name)))
    }
  }

  @Test func moviesAreFoundAsTheyArrive() throws {
    let folder = TemporaryFolder()
    folder.add("old.mp4", "x")
    folder.add(".hidden.mp4", "x")
    let watch = try FolderWatch(
      folder: MediaPath(folder.path), kinds: ExtensionKinds(), settleSeconds: 0.1, pollSeconds: 5)
    var known: Set<String> = []
    var notes: [String] = []
    func next() -> [String]? {
      watch.next(
        isKnown: { job, _ in known.contains(job.path.name.text) }, shouldStop: { false },
        note: { notes.append($0) }
      )?.map(\.path.name.text)
    }
    #expect(next() == ["old.mp4"])
    known.insert("old.mp4")
    let began = Date()
    let below = folder.path + "/below/deeper"
    let writer = Thread {
      usleep(150_000)
      try? FileManager.default.createDirectory(atPath: below, withIntermediateDirectories: true)
      _ = FileManager.default.createFile(atPath: below + "/new.mp4.part", contents: Data([1]))
      usleep(50_000)
      rename(below + "/new.mp4.part", below + "/new.mp4")
    }
    writer.start()
    #expect(next() == ["new.mp4"])
    // The system tells of it, or the next look does.
    #expect(Date().timeIntervalSince(began) < 5.5)
    #expect(notes.isEmpty)
    #expect(watch.next(isKnown: { _, _ in true }, shouldStop: { true }, note: { _ in }) == nil)
    #expect(throws: LabelError.self) {
      try FolderWatch(
        folder: MediaPath(folder.path + "/none"), kinds: ExtensionKinds(), settleSeconds: 1,
        pollSeconds: 1)
    }
  }
}
