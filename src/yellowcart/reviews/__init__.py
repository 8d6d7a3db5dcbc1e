"""What buyers say of goods, parcel and service: ratings, appends, answers, and who looks after them."""
