import tensorflow

tensorflow.show()
