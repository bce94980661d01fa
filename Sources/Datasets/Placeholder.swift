struct DatasetsPlaceholder {}
