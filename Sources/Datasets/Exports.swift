// The file formats are part of what users find here.
@_exported import LatentFormats
