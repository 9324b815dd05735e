import FileStore
import VideoDecoding

extension DecodeError: ExplainedError {}
extension ImageError: ExplainedError {}
