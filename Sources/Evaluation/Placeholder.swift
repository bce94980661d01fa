struct EvaluationPlaceholder {}
