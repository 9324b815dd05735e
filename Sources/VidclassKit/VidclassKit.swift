// The library as one module: whoever imports it sees all that its parts make public.
@_exported import ClipSampling
@_exported import Datasets
@_exported import Evaluation
@_exported import FileStore
@_exported import Labelling
@_exported import Layers
@_exported import ModelFiles
@_exported import Networks
@_exported import Tensors
@_exported import Training
@_exported import VideoDecoding
@_exported import WebPages
