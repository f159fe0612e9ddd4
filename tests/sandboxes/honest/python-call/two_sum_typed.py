# call: Solution.twoSum
# args: [[2, 7, 11, 15], 26]
# returns: [2, 3]
from typing import List, Optional


class Solution:
    def twoSum(self, nums: List[int], target: int) -> Optional[List[int]]:
        """Return the indices of the two numbers that add up to target."""
        seen: dict[int, int] = {}
        for index, number in enumerate(nums):
            if (complement := target - number) in seen:
                return [seen[complement], index]
            seen[number] = index
        return None
