print("the client's own generate")
