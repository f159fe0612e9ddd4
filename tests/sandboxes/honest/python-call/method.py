# call: Solution.twoSum
# args: [[2, 7, 11, 15], 9]
# returns: [0, 1]
from typing import List

class Solution:
    def twoSum(self, nums: List[int], target: int) -> List[int]:
        seen = {}
        for i, n in enumerate(nums):
            if target - n in seen:
                return [seen[target - n], i]
            seen[n] = i
