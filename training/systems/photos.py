"""Rows of photographs of things: CIFAR-10 and STL-10."""

from training.data.cifar10 import load_cifar10
from training.methods.classifier import Classifier, ClassifierSettings
from training.systems.system import System

ROWS = (System("cifar10", "CIFAR-10 classifier", Classifier, ClassifierSettings(), load_cifar10, "cifar10", 55),)
