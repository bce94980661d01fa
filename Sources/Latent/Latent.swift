/// Everything of the library under one name.
@_exported import Datasets
@_exported import Evaluation
@_exported import Layers
@_exported import Models
@_exported import Tensor
@_exported import Training
