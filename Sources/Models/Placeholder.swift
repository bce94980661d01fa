struct ModelsPlaceholder {}
