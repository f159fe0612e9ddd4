# in: apple
# out: fruit
read word
case $word in
  apple | pear) echo fruit ;;
  *) echo other ;;
esac
