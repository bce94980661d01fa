struct LayersPlaceholder {}
