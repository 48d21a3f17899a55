"""The clauses by name: what is imported here is offered as ``ao.NAME``."""

from allocopt.rules.access import Access as Access
from allocopt.rules.approval import Approval as Approval
from allocopt.rules.campaigns import Campaigns as Campaigns
from allocopt.rules.cap import Cap as Cap
from allocopt.rules.in_ratio import InRatio as InRatio
from allocopt.rules.keep_or_retire import KeepOrRetire as KeepOrRetire
from allocopt.rules.lock import Lock as Lock
from allocopt.rules.margin_floor import MarginFloor as MarginFloor
from allocopt.rules.min_share import MinShare as MinShare
from allocopt.rules.price_parity import PriceParity as PriceParity
from allocopt.rules.promotion import Promotion as Promotion
from allocopt.rules.protect import Protect as Protect
from allocopt.rules.protection_levels import ProtectionLevels as ProtectionLevels
from allocopt.rules.retire import Retire as Retire
from allocopt.rules.safety_stock import SafetyStock as SafetyStock
from allocopt.rules.service import Service as Service
