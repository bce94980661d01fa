// What users need of the module below: everything else in it is for this package.
@_exported import struct LatentSystem.FileError
@_exported import enum LatentSystem.Threads
