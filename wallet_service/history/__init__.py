"""A believable past for benchmarks and training: generated in bulk, all laws holding, and marked as generated."""

from wallet_service.history.beginning import HistoryRefused, planned
from wallet_service.history.generate import Told, generate
from wallet_service.history.plan import Plan

__all__ = ["HistoryRefused", "Plan", "Told", "generate", "planned"]
